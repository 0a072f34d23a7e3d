package dev.prism.plugin.dynamodb;

import dev.prism.plugin.dynamodb.Heads.Head;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.status.PrismException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * Messages that a transaction puts in their mailboxes. One thread at a time.
 *
 * <p>Sequences grow with the clock and, within a key, from the key's head, which the transaction
 * changes: of two that write to a key at the same time one does not commit, and looks again.
 */
final class Posting {
  /** Bits of a sequence below the microseconds since 1970. */
  private static final int CHANCE_BITS = 10;

  private static final long MICROS = 1000;

  private final String namespace;
  private final Supplier<ItemReads> reads;
  private final Heads known;
  private final Function<Outgoing, @Nullable MailboxConsumer> takers;
  private final List<Outgoing> messages = new ArrayList<>();
  private final List<Ready> ready = new ArrayList<>();
  private final Set<String> later = new HashSet<>();

  /** What {@link #changes} makes of the heads. */
  private final Map<Line, Head> lines = new LinkedHashMap<>();

  private boolean supposes = true;

  /**
   * @param reads consistent ones of the namespace, as of now
   * @param known heads as they are supposed at first
   * @param takers a reader that keeps a place for this message, where one waits
   */
  Posting(
      String namespace,
      Supplier<ItemReads> reads,
      Heads known,
      Function<Outgoing, @Nullable MailboxConsumer> takers) {
    this.namespace = namespace;
    this.reads = reads;
    this.known = known;
    this.takers = takers;
  }

  /**
   * A message that may be delivered as soon as it is there.
   *
   * @param writtenMillis when, in milliseconds since 1970
   * @param taker who has taken it with the write itself; null: nobody yet
   */
  record Ready(
      Outgoing outgoing,
      MailboxItems.Ready item,
      long writtenMillis,
      @Nullable MailboxConsumer taker) {}

  /** A key of a mailbox, as the key of its head. */
  private record Line(Map<String, AttributeValue> head) {
    static Line of(String namespace, Outgoing outgoing) {
      return new Line(MailboxItems.head(namespace, outgoing.mailbox(), outgoing.message().key()));
    }
  }

  void add(List<Outgoing> more) {
    messages.addAll(more);
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  List<Outgoing> messages() {
    return messages;
  }

  /** Those of what {@link #changes} made last that may be delivered at once. */
  List<Ready> ready() {
    return ready;
  }

  /** The mailboxes of messages of which it is not known that they may be delivered at once. */
  Set<String> later() {
    return later;
  }

  /** How many items they are, at most. */
  int count() {
    int count =
        2 * lines().size(); // a head, and that the first one is ready: the others are placed
    for (Outgoing each : messages) {
      count += 2 + MailboxItems.parts(each.message());
    }
    return count;
  }

  /** How much they are, about. */
  long size() {
    return messages.stream().mapToLong(each -> each.message().bytes()).sum();
  }

  /**
   * That no mailbox has a message with the id of one of these.
   *
   * @param some those to be put, or a part of them
   * @throws PrismException KEY_EXISTS also where two to be put have one id, and what reads throw
   */
  void checkFree(List<Outgoing> some) {
    checkDistinct();
    List<Map<String, AttributeValue>> keys = new ArrayList<>(some.size());
    for (Outgoing each : some) {
      keys.add(MailboxItems.message(namespace, each.mailbox(), each.messageId()));
    }
    if (!keys.isEmpty()) {
      reads
          .get()
          .many(
              keys,
              ItemAttributes.PARTITION,
              _ -> {
                throw Refusals.messageExists();
              });
    }
  }

  private void checkDistinct() {
    Set<List<String>> ids = new HashSet<>();
    for (Outgoing each : messages) {
      if (!ids.add(List.of(each.mailbox(), each.messageId()))) {
        throw Refusals.messageExists();
      }
    }
  }

  /**
   * What is to be written, on condition that the keys' heads are as they are now, and that the ids
   * are free. Of heads that are known it is supposed, the first time, that they are as they were.
   *
   * @throws PrismException KEY_EXISTS of two with one id, and what reads throw
   */
  List<TransactWriteItem> changes() {
    if (messages.isEmpty()) {
      return List.of();
    }
    checkDistinct();
    forget();
    ItemReads now = reads.get();
    Map<Line, Head> seen = seen(now);
    lines.putAll(seen);
    List<Change> changes = new ArrayList<>();
    Condition absent = Condition.missing();
    long next =
        ((now.now() * MICROS) << CHANCE_BITS)
            + ThreadLocalRandom.current().nextLong(MICROS << CHANCE_BITS);
    for (Outgoing each : messages) {
      Message message = each.message();
      long sequence = next++;
      boolean first = true;
      if (message.key().length > 0) {
        Line line = Line.of(namespace, each);
        Head head = lines.getOrDefault(line, Head.NONE);
        sequence = Math.max(sequence, head.last() + 1);
        first = head.open() == 0;
        lines.put(line, head.with(sequence));
        changes.add(new Change.Put(MailboxItems.placed(namespace, each, sequence), absent));
      }
      for (Map<String, AttributeValue> item : MailboxItems.items(namespace, each, now.now())) {
        changes.add(new Change.Put(item, absent));
      }
      if (first) {
        MailboxItems.Ready item = MailboxItems.ready(namespace, each, sequence, now.now());
        if (item.due() > now.now()) {
          later.add(each.mailbox());
        } else {
          MailboxConsumer taker = takers.apply(each);
          item = taker == null ? item : item.taken(now.now() + taker.ackTimeoutMillis());
          ready.add(new Ready(each, item, now.now(), taker));
        }
        changes.add(new Change.Put(item.item(), absent));
      }
    }
    lines.forEach(
        (line, head) ->
            changes.add(MailboxItems.head(line.head(), seen.get(line), head, now.now())));
    return changes.stream().map(each -> each.together(now.table())).toList();
  }

  /** What {@link #changes} has made last was done. */
  void committed() {
    lines.forEach((line, head) -> known.written(line.head(), head));
  }

  /** It was not, or is not known. */
  void refused() {
    forget();
    lines().forEach(line -> known.forget(line.head()));
  }

  /** All was written once, by which of the attempts is not known. */
  void writtenSomehow() {
    refused();
    messages.forEach(each -> later.add(each.mailbox()));
  }

  private void forget() {
    for (Ready each : ready) {
      MailboxConsumer taker = each.taker();
      if (taker != null) {
        taker.release();
      }
    }
    ready.clear();
    later.clear();
    lines.clear();
  }

  /** Where the heads of all keys are. */
  List<Map<String, AttributeValue>> heads() {
    return lines().stream().map(Line::head).toList();
  }

  private Set<Line> lines() {
    Set<Line> lines = new HashSet<>();
    for (Outgoing each : messages) {
      if (each.message().key().length > 0) {
        lines.add(Line.of(namespace, each));
      }
    }
    return lines;
  }

  /** The heads that there are, of all keys: those that are known as they are supposed. */
  private Map<Line, Head> seen(ItemReads now) {
    Map<Line, Head> seen = new HashMap<>();
    List<Map<String, AttributeValue>> unknown = new ArrayList<>();
    for (Line line : lines()) {
      Head head = supposes ? known.of(line.head()) : null;
      if (head == null) {
        unknown.add(line.head());
      } else {
        seen.put(line, head);
      }
    }
    supposes = false;
    if (unknown.size() == 1) {
      Map<String, AttributeValue> item = now.one(unknown.getFirst());
      if (item != null) {
        seen.put(new Line(unknown.getFirst()), Head.of(item));
      }
    } else if (!unknown.isEmpty()) {
      now.many(
          unknown,
          null,
          item -> {
            seen.put(new Line(ItemReads.keyOf(item)), Head.of(item));
            return true;
          });
    }
    return seen;
  }
}
