package dev.prism.plugin.dynamodb;

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
import java.util.function.Supplier;
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
  private final List<Outgoing> messages = new ArrayList<>();
  private final List<Ready> ready = new ArrayList<>();

  /**
   * @param reads consistent ones of the namespace, as of now
   */
  Posting(String namespace, Supplier<ItemReads> reads) {
    this.namespace = namespace;
    this.reads = reads;
  }

  /**
   * A message that may be delivered as soon as it is there.
   *
   * @param writtenMillis when, in milliseconds since 1970
   */
  record Ready(Outgoing outgoing, MailboxItems.Ready item, long writtenMillis) {}

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
   * are free.
   *
   * @throws PrismException KEY_EXISTS of two with one id, and what reads throw
   */
  List<TransactWriteItem> changes() {
    if (messages.isEmpty()) {
      return List.of();
    }
    checkDistinct();
    ready.clear();
    ItemReads now = reads.get();
    Map<Line, Map<String, AttributeValue>> heads = heads(now);
    Map<Line, long[]> lines = new LinkedHashMap<>(); // last sequence, how many are open
    heads.forEach(
        (line, seen) ->
            lines.put(
                line,
                new long[] {
                  MailboxItems.number(seen, MailboxItems.LAST),
                  MailboxItems.number(seen, MailboxItems.OPEN)
                }));
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
        long[] line = lines.computeIfAbsent(Line.of(namespace, each), _ -> new long[] {0, 0});
        sequence = Math.max(sequence, line[0] + 1);
        first = line[1] == 0;
        line[0] = sequence;
        line[1]++;
        changes.add(new Change.Put(MailboxItems.placed(namespace, each, sequence), absent));
      }
      for (Map<String, AttributeValue> item : MailboxItems.items(namespace, each, now.now())) {
        changes.add(new Change.Put(item, absent));
      }
      if (first) {
        MailboxItems.Ready item = MailboxItems.ready(namespace, each, sequence, now.now());
        changes.add(new Change.Put(item.item(), absent));
        if (item.due() <= now.now()) {
          ready.add(new Ready(each, item, now.now()));
        }
      }
    }
    lines.forEach(
        (line, is) ->
            changes.add(MailboxItems.head(line.head(), heads.get(line), is[0], is[1], now.now())));
    return changes.stream().map(each -> each.together(now.table())).toList();
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

  /** The heads that there are, of all keys. */
  private Map<Line, Map<String, AttributeValue>> heads(ItemReads now) {
    Set<Line> lines = lines();
    Map<Line, Map<String, AttributeValue>> heads = new HashMap<>();
    if (lines.size() == 1) {
      Line only = lines.iterator().next();
      Map<String, AttributeValue> head = now.one(only.head());
      if (head != null) {
        heads.put(only, head);
      }
    } else if (!lines.isEmpty()) {
      now.many(
          lines.stream().map(Line::head).toList(),
          null,
          head -> {
            heads.put(new Line(ItemReads.keyOf(head)), head);
            return true;
          });
    }
    return heads;
  }
}
