package dev.prism.sdk.queue;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one group has taken off a topic and not acknowledged, in this process's memory: for a
 * backend that keeps a log and leaves the rest to its readers. A message is leased to a consumer
 * until a deadline, or waits for its time.
 *
 * <p>Safe for any thread; every method takes a short while. Times are milliseconds since 1970.
 */
public final class Leases {
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final Comparator<Held> BY_TIME =
      Comparator.<Held>comparingLong(held -> held.at)
          .thenComparingInt(held -> held.stored.partition())
          .thenComparingLong(held -> held.stored.offset());

  private final String topic;
  private final String group;
  private final Map<Integer, TreeMap<Long, Held>> partitions = new HashMap<>();
  private final TreeSet<Held> byTime = new TreeSet<>(BY_TIME);
  private long nextToken = RANDOM.nextLong();
  private long bytes;

  /** One message. */
  private static final class Held {
    final Stored stored;
    int attempts;
    long token;
    long owner;
    boolean leased;

    /** When it comes back or, where nobody has it, may be delivered. */
    long at;

    Held(Stored stored) {
      this.stored = stored;
    }
  }

  /** The leases of {@code group}, empty for a subscription without one, on {@code topic}. */
  public Leases(String topic, String group) {
    this.topic = topic;
    this.group = group;
  }

  /** Leases a message that was not delivered before to {@code owner}. */
  public synchronized Delivery lease(Stored stored, long owner, long deadline) {
    Held held = new Held(stored);
    hold(held);
    return deliver(held, owner, deadline);
  }

  /** Keeps a message that was not delivered before until {@code at}. */
  public synchronized void defer(Stored stored, long at) {
    Held held = new Held(stored);
    held.at = at;
    hold(held);
    byTime.add(held);
  }

  private void hold(Held held) {
    partitions
        .computeIfAbsent(held.stored.partition(), partition -> new TreeMap<>())
        .put(held.stored.offset(), held);
    bytes += held.stored.message().bytes();
  }

  /** Leases to {@code owner} what has come back or become due, the longest due first. */
  public synchronized List<Delivery> due(
      long owner, int most, long mostBytes, long now, long deadline) {
    List<Delivery> due = new ArrayList<>();
    long bytes = 0;
    while (due.size() < most && !byTime.isEmpty() && byTime.first().at <= now) {
      Held held = byTime.first();
      bytes += held.stored.message().bytes();
      if (bytes > mostBytes && !due.isEmpty()) {
        break;
      }
      byTime.remove(held);
      due.add(deliver(held, owner, deadline));
    }
    return due;
  }

  private Delivery deliver(Held held, long owner, long deadline) {
    held.attempts++;
    held.token = nextToken++;
    held.owner = owner;
    held.leased = true;
    held.at = deadline;
    byTime.add(held);
    Stored stored = held.stored;
    return new Delivery(
        new Receipt(topic, group, owner, stored.partition(), stored.offset(), held.token),
        stored,
        held.attempts,
        deadline);
  }

  /** When the next message comes back or becomes due; {@link Long#MAX_VALUE} where none does. */
  public synchronized long nextDue() {
    return byTime.isEmpty() ? Long.MAX_VALUE : byTime.first().at;
  }

  /** The delivery that the receipt names, where it is in force. */
  public synchronized @Nullable Delivery find(Receipt receipt, long now) {
    Held held = held(receipt, now);
    return held == null ? null : new Delivery(receipt, held.stored, held.attempts, held.at);
  }

  /**
   * Takes what became of a delivery; of one that is {@link Ack.Outcome.Dead} the letter has been
   * written before.
   */
  public synchronized AckResult settle(Ack ack, long now) {
    Held held = held(ack.receipt(), now);
    if (held == null) {
      return expired();
    }
    byTime.remove(held);
    switch (ack.outcome()) {
      case Ack.Outcome.Done done -> drop(held);
      case Ack.Outcome.Dead dead -> drop(held);
      case Ack.Outcome.Again(long delayMillis) -> {
        held.leased = false;
        held.at = now + delayMillis;
        byTime.add(held);
      }
      case Ack.Outcome.Extended(long byMillis) -> {
        held.at = now + byMillis;
        byTime.add(held);
        return new AckResult.Taken(held.at);
      }
    }
    return new AckResult.Taken(0);
  }

  /** What is said of a receipt that is not in force. */
  public static AckResult expired() {
    return new AckResult.Failed(
        PrismException.status(
            Reason.RECEIPT_EXPIRED,
            "the delivery was acknowledged before, or its time was up: it comes or came back"));
  }

  private @Nullable Held held(Receipt receipt, long now) {
    TreeMap<Long, Held> offsets = partitions.get(receipt.partition());
    Held held = offsets == null ? null : offsets.get(receipt.offset());
    return held != null && held.leased && held.token == receipt.token() && held.at > now
        ? held
        : null;
  }

  private void drop(Held held) {
    TreeMap<Long, Held> offsets = partitions.get(held.stored.partition());
    if (offsets != null && offsets.remove(held.stored.offset()) != null) {
      bytes -= held.stored.message().bytes();
    }
  }

  /** What {@code owner} has comes back at once. */
  public synchronized void release(long owner, long now) {
    for (TreeMap<Long, Held> offsets : partitions.values()) {
      for (Held held : offsets.values()) {
        if (held.leased && held.owner == owner) {
          byTime.remove(held);
          held.leased = false;
          held.at = now;
          byTime.add(held);
        }
      }
    }
  }

  /**
   * Forgets the messages of {@code partition} before {@code offset}: they count as acknowledged.
   */
  public synchronized void settleBefore(int partition, long offset) {
    TreeMap<Long, Held> offsets = partitions.get(partition);
    if (offsets != null) {
      var before = offsets.headMap(offset);
      for (Held held : before.values()) {
        byTime.remove(held);
        bytes -= held.stored.message().bytes();
      }
      before.clear();
    }
  }

  /** Forgets all of {@code partition}: its receipts expire. */
  public synchronized void forget(int partition) {
    settleBefore(partition, Long.MAX_VALUE);
  }

  /** The first message of {@code partition} that is held, or {@code position} where none is. */
  public synchronized long committed(int partition, long position) {
    TreeMap<Long, Held> offsets = partitions.get(partition);
    return offsets == null || offsets.isEmpty() ? position : offsets.firstKey();
  }

  /** What the messages that are held take in memory, roughly. */
  public synchronized long bytes() {
    return bytes;
  }

  /** How many messages of {@code partition} are held. */
  public synchronized int held(int partition) {
    TreeMap<Long, Held> offsets = partitions.get(partition);
    return offsets == null ? 0 : offsets.size();
  }

  /** How many of those are delivered now. */
  public synchronized int inFlight(int partition, long now) {
    TreeMap<Long, Held> offsets = partitions.get(partition);
    return offsets == null
        ? 0
        : (int) offsets.values().stream().filter(held -> held.leased && held.at > now).count();
  }
}
