package dev.prism.plugin.dynamodb;

import dev.prism.plugin.dynamodb.MailboxItems.Ready;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.transact.Transactor;
import dev.prism.status.PrismException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * A reader of a mailbox: looks at what is ready, takes what it may, each on condition that nobody
 * else has, and reads the messages. What its own process has written it is handed, and need only
 * take. DynamoDB tells nobody of news: what other processes write, what comes back and what has
 * waited for its time is found by looking every {@value #LOOK_MILLIS} ms, however much it is handed
 * meanwhile. One thread polls.
 */
final class MailboxConsumer implements Consumer {
  private static final Logger LOG = LoggerFactory.getLogger(MailboxConsumer.class);

  private static final long LOOK_MILLIS = 250;
  private static final int PAGE_ITEMS = 200;

  /** How many messages it is handed at most before it takes them, and how large, in bytes. */
  private static final int MOST_HANDED = 64;

  private static final long LARGEST_HANDED = 16 << 10;

  /** Bits of a receipt's token that say since when the message was ready; until the year 2109. */
  private static final int SINCE_BITS = 42;

  private final Supplier<ItemReads> reads;
  private final Together together;
  private final Signal signal;
  private final String mailbox;
  private final long ackTimeoutMillis;
  private final long owner;
  private final Runnable gone;
  private final Runnable othersNews;
  private final Map<Long, Ready> delivered = new ConcurrentHashMap<>();
  private final Queue<Posting.Ready> handed = new ConcurrentLinkedQueue<>();
  private volatile boolean news = true;
  private volatile boolean woken;
  private long nextLookNanos; // of the thread that polls

  // Guarded by this.
  private int free; // places for what is handed to one that waits; none while it does not
  private int kept;
  private boolean closed;

  /**
   * What was seen.
   *
   * @param due what may be taken now
   * @param more whether there is more of it
   * @param nextDue when something else may be; milliseconds since 1970
   */
  private record Look(List<Ready> due, boolean more, long nextDue) {}

  /**
   * @param reads consistent ones of the namespace, as of now
   * @param gone it reads no more
   * @param othersNews has the mailbox's other readers look
   */
  MailboxConsumer(
      Supplier<ItemReads> reads,
      Together together,
      Signal signal,
      String mailbox,
      long ackTimeoutMillis,
      long owner,
      Runnable gone,
      Runnable othersNews) {
    this.reads = reads;
    this.together = together;
    this.signal = signal;
    this.mailbox = mailbox;
    this.ackTimeoutMillis = ackTimeoutMillis;
    this.owner = owner;
    this.gone = gone;
    this.othersNews = othersNews;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      ItemReads now = reads.get();
      List<Delivery> taken =
          news || System.nanoTime() - nextLookNanos >= 0
              ? takeSeen(now, most, mostBytes)
              : takeHanded(now, most, mostBytes);
      long left = end - System.nanoTime();
      if (!taken.isEmpty() || left <= 0 || woken || Thread.currentThread().isInterrupted()) {
        woken = false;
        return taken;
      }
      long wait = Math.min(left, nextLookNanos - System.nanoTime());
      if (wait > 0) {
        waits(most);
        signal.await(seen, wait, () -> woken);
        waits(0);
      }
    }
  }

  /** What it sees, what it was handed among it. */
  private List<Delivery> takeSeen(ItemReads now, int most, long mostBytes) {
    news = false;
    forgetUntaken();
    Look look = look(now, most, mostBytes);
    List<Delivery> taken = take(now, look.due());
    // Where others were quicker there may be more.
    long wait =
        !look.more() && taken.size() == look.due().size()
            ? Signal.until(look.nextDue(), now.now(), TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS))
            : 0;
    nextLookNanos = System.nanoTime() + wait;
    return taken.isEmpty() ? takeHanded(now, most, mostBytes) : taken;
  }

  /** What it sees need not be handed to it. */
  private void forgetUntaken() {
    handed.removeIf(each -> each.taker() == null);
  }

  /**
   * It is to look: there is something that it was not handed. Any thread; raise its signal then.
   */
  void news() {
    news = true;
  }

  private synchronized void waits(int places) {
    free = places;
  }

  /** Whether it would take at once what it is handed. */
  synchronized boolean isWaiting() {
    return free > 0;
  }

  /**
   * Keeps a place for a message that is about to be written as taken by it. It is then {@link #hand
   * handed} that, or the place is {@link #release released}. Any thread.
   *
   * @return false where it has none
   */
  synchronized boolean keep(long bytes) {
    boolean has = bytes <= LARGEST_HANDED && kept + handed.size() < Math.min(free, MOST_HANDED);
    kept += has ? 1 : 0;
    return has;
  }

  /** What a place was kept for was not written. */
  synchronized void release() {
    kept--;
  }

  long ackTimeoutMillis() {
    return ackTimeoutMillis;
  }

  /**
   * False where it has been handed enough, or reads no more: then who reads is to look. Any thread;
   * raise its signal then.
   */
  synchronized boolean hand(Posting.Ready ready) {
    boolean taken = ready.taker() != null;
    kept -= taken ? 1 : 0;
    boolean has = ready.item().size() <= LARGEST_HANDED && kept + handed.size() < MOST_HANDED;
    if (closed || !has) {
      return false;
    }
    handed.add(ready);
    if (taken) {
      delivered.put(ready.item().sequence(), ready.item());
    }
    return true;
  }

  /** What it was handed and nobody else was quicker to take. */
  private List<Delivery> takeHanded(ItemReads now, int most, long mostBytes) {
    List<Posting.Ready> some = new ArrayList<>();
    long bytes = 0;
    while (some.size() < most) {
      Posting.Ready next = handed.peek();
      if (next == null || (bytes + next.item().size() > mostBytes && !some.isEmpty())) {
        break;
      }
      bytes += next.item().size();
      some.add(next);
      handed.remove();
    }
    long until = now.now() + ackTimeoutMillis;
    return together(
        some,
        each -> {
          Ready taken = each.taker() == null ? taken(now, each.item(), until) : still(now, each);
          return taken == null
              ? null
              : delivery(taken, withoutTime(each.outgoing().message()), each.writtenMillis());
        });
  }

  /** What was written as taken, unless its time was up before it was handed. */
  private @Nullable Ready still(ItemReads now, Posting.Ready each) {
    Ready taken = delivered.get(each.item().sequence());
    return taken != null && taken.due() > now.now() ? taken : null;
  }

  private static Message withoutTime(Message message) {
    return new Message(message.key(), message.headers(), message.payload(), 0);
  }

  private Look look(ItemReads now, int most, long mostBytes) {
    delivered.values().removeIf(each -> each.due() <= now.now()); // it has come back
    List<Ready> due = new ArrayList<>();
    long nextDue = Long.MAX_VALUE;
    long bytes = 0;
    Map<String, AttributeValue> after = null;
    int limit = Math.min(PAGE_ITEMS, delivered.size() + most + 1); // what it has stands in front
    do {
      QueryResponse page = page(now, after, limit);
      for (Map<String, AttributeValue> item : page.items()) {
        Ready ready = Ready.of(item);
        if (ready.since() > now.now()) {
          return new Look(due, false, Math.min(nextDue, ready.since()));
        }
        if (ready.due() > now.now()) {
          nextDue = Math.min(nextDue, ready.due());
          continue; // somebody has it
        }
        bytes += ready.size();
        if (due.size() == most || (bytes > mostBytes && !due.isEmpty())) {
          return new Look(due, true, now.now());
        }
        due.add(ready);
      }
      after = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
    } while (after != null);
    return new Look(due, false, nextDue);
  }

  private QueryResponse page(
      ItemReads now, @Nullable Map<String, AttributeValue> after, int limit) {
    Map<String, AttributeValue> values =
        Map.of(":pk", MailboxItems.ready(now.namespace(), mailbox));
    return now.dynamo()
        .read(
            now.deadline(),
            client ->
                client.query(
                    query ->
                        query
                            .tableName(now.table())
                            .keyConditionExpression("pk = :pk")
                            .expressionAttributeValues(values)
                            .exclusiveStartKey(after)
                            .limit(limit)
                            .consistentRead(true)));
  }

  /** Those of the messages that nobody else was quicker to take. */
  private List<Delivery> take(ItemReads now, List<Ready> due) {
    long until = now.now() + ackTimeoutMillis;
    return together(due, each -> take(now, each, until));
  }

  private <T> List<Delivery> together(List<T> some, Function<T, @Nullable Delivery> take) {
    @Nullable Delivery[] deliveries = new Delivery[some.size()];
    List<Runnable> tasks = new ArrayList<>(some.size());
    List<PrismException> failures = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < deliveries.length; i++) {
      int place = i;
      tasks.add(
          () -> {
            try {
              deliveries[place] = take.apply(some.get(place));
            } catch (PrismException e) {
              failures.add(e);
            }
          });
    }
    together.run(tasks);
    List<Delivery> taken = new ArrayList<>();
    for (Delivery delivery : deliveries) {
      if (delivery != null) {
        taken.add(delivery);
      }
    }
    if (taken.isEmpty() && !failures.isEmpty()) {
      throw failures.getFirst();
    }
    return taken;
  }

  private @Nullable Delivery take(ItemReads now, Ready ready, long until) {
    Ready taken = taken(now, ready, until);
    if (taken == null) {
      return null;
    }
    Map<String, AttributeValue> key = MailboxItems.message(now.namespace(), mailbox, ready.id());
    List<Map<String, AttributeValue>> items = items(now, key, ready.parts());
    if (items.isEmpty()) {
      delivered.remove(ready.sequence());
      LOG.warn("mailbox {}: a message that is to be delivered was removed by hand", mailbox);
      return null;
    }
    return delivery(taken, MailboxItems.message(items), MailboxItems.written(items.getFirst()));
  }

  /** What is ready as it is when it was taken; null where somebody else has it. */
  private @Nullable Ready taken(ItemReads now, Ready ready, long until) {
    Ready taken = ready.taken(until);
    Change.Put change =
        new Change.Put(
            taken.item(),
            new Condition(
                MailboxItems.DUE + " = :due AND " + MailboxItems.TRIES + " = :tries",
                Map.of(
                    ":due", ItemAttributes.number(ready.due()),
                    ":tries", ItemAttributes.number(ready.tries()))));
    if (!isDone(now, change)) {
      return null;
    }
    delivered.put(ready.sequence(), taken);
    return taken;
  }

  private Delivery delivery(Ready taken, Message message, long writtenMillis) {
    return new Delivery(
        new Receipt(mailbox, Transactor.RECEIPT_GROUP, owner, 0, taken.sequence(), token(taken)),
        new Stored(0, taken.sequence(), taken.id(), message, writtenMillis),
        taken.tries(),
        taken.due());
  }

  /** False where the item is not as it was seen, or a transaction has it. */
  private static boolean isDone(ItemReads now, Change change) {
    try {
      return now.dynamo()
          .once(
              client -> {
                change.send(client, now.table(), ReturnValuesOnConditionCheckFailure.NONE);
                return true;
              });
    } catch (SdkException e) {
      Failure failure = Failure.of(e);
      if (failure == Failure.CONDITION || failure == Failure.CONFLICT) {
        return false;
      }
      throw failure.ofRead(); // where it was taken it comes back in its time
    }
  }

  /** A message's items in their order; none where it is gone. */
  private static List<Map<String, AttributeValue>> items(
      ItemReads now, Map<String, AttributeValue> key, int parts) {
    if (parts == 0) {
      Map<String, AttributeValue> only = now.one(key);
      return only == null ? List.of() : List.of(only);
    }
    List<Map<String, AttributeValue>> keys = new ArrayList<>(List.of(key));
    keys.addAll(MailboxItems.parts(key, parts));
    Map<Map<String, AttributeValue>, Map<String, AttributeValue>> found = new HashMap<>();
    now.many(
        keys,
        null,
        item -> {
          found.put(ItemReads.keyOf(item), item);
          return true;
        });
    return found.size() < keys.size() ? List.of() : keys.stream().map(found::get).toList();
  }

  /** What tells a delivery from others of its message, and where its item is. */
  private static long token(Ready taken) {
    return ((long) taken.tries() << SINCE_BITS) | taken.since();
  }

  /** How often a message was delivered when it was for the delivery with this token. */
  static int tries(long token) {
    return (int) (token >>> SINCE_BITS);
  }

  /** Since when the message of a delivery with this token was ready. */
  static long since(long token) {
    return token & ((1L << SINCE_BITS) - 1);
  }

  /** What it was delivered as it was then, and has not been settled; null where there is none. */
  @Nullable Ready delivered(long sequence) {
    return delivered.get(sequence);
  }

  /** Whoever had a message has said what became of it. */
  void settled(long sequence) {
    delivered.remove(sequence);
  }

  /** Whoever has a message has it for longer. */
  void extended(long sequence, long until) {
    delivered.computeIfPresent(sequence, (_, before) -> before.until(until));
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  /** What it has comes back at once; what cannot be given back comes back in its time. */
  @Override
  public void close() {
    gone.run();
    synchronized (this) {
      closed = true;
      free = 0;
    }
    ItemReads now = reads.get();
    together.run(
        delivered.values().stream().<Runnable>map(each -> () -> giveBack(now, each)).toList());
    othersNews.run();
  }

  /** A delivery comes back at once; where that fails in its time. */
  static void giveBack(ItemReads now, Ready taken) {
    try {
      boolean _ = isDone(now, taken.until(now.now(), taken.held(now.now())));
    } catch (PrismException e) {
      LOG.debug("a delivery was not given back", e);
    }
  }
}
