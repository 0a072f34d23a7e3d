package dev.prism.plugin.nats;

import io.nats.client.api.ConsumerInfo;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What this process has of one group: delivered to its consumers, or on the way to them. It ends
 * with the consumer at the server that it is of. Safe for any thread.
 *
 * @see Keeper
 */
final class Held {
  /** The server's own. */
  private static final Duration ACK_WAIT = Duration.ofSeconds(30);

  private static final Duration SAME = Duration.ofSeconds(1);

  private final String stream;
  private final String consumer;
  private final @Nullable ZonedDateTime created;
  private final long start;
  private final long ackWaitMillis;
  private final Map<Long, Lease> leases = new ConcurrentHashMap<>();
  private final AtomicLong newest = new AtomicLong();
  private final Settled settled = new Settled();
  private @Nullable Session seenOn; // the group's lock's
  private int seenLosses;

  /** One delivery. A later one of the same message takes its place. */
  static final class Lease {
    /** Of a message that came and was not handed to a client yet. */
    static final long NOT_YET = Long.MAX_VALUE;

    final Held held;
    final Session session;
    final String ackSubject;
    final long owner;
    final long sequence;
    final long token;
    final int attempt;

    /** When it goes back to the group, by the plugin's clock. */
    volatile long deadline = NOT_YET;

    /** When the server was last told that it is still worked at. */
    volatile long touched;

    /** An acknowledgement is on its way. */
    volatile boolean settling;

    Lease(
        Held held,
        Session session,
        String ackSubject,
        long owner,
        long sequence,
        long token,
        int attempt,
        long now) {
      this.held = held;
      this.session = session;
      this.ackSubject = ackSubject;
      this.owner = owner;
      this.sequence = sequence;
      this.token = token;
      this.attempt = attempt;
      this.touched = now;
    }
  }

  /**
   * @param info the consumer at the server
   */
  Held(String stream, String consumer, ConsumerInfo info) {
    this.stream = stream;
    this.consumer = consumer;
    this.created = info.getCreationTime();
    this.start = info.getConsumerConfiguration().getStartSequence();
    Duration ackWait = info.getConsumerConfiguration().getAckWait();
    this.ackWaitMillis = (ackWait == null ? ACK_WAIT : ackWait).toMillis();
  }

  /**
   * Whether it is of this consumer, and not of one that was deleted and made again. A server that
   * was started again tells a time of creation a little later than the one before: that of the
   * consumer's file.
   */
  boolean isOf(ConsumerInfo info) {
    ZonedDateTime other = info.getCreationTime();
    boolean then =
        (created == null || other == null)
            ? Objects.equals(created, other)
            : Duration.between(created, other).abs().compareTo(SAME) < 0;
    return then && start == info.getConsumerConfiguration().getStartSequence();
  }

  String stream() {
    return stream;
  }

  String consumer() {
    return consumer;
  }

  long ackWaitMillis() {
    return ackWaitMillis;
  }

  /**
   * @param number of the delivery, counted by the consumer at the server
   */
  void add(Lease lease, long number) {
    leases.put(lease.sequence, lease);
    newest.accumulateAndGet(number, Math::max);
  }

  /** The number of the newest delivery that came to this process. */
  long newest() {
    return newest.get();
  }

  /** The delivery that is in force. */
  @Nullable Lease find(long sequence, long token, long now) {
    Lease lease = leases.get(sequence);
    return lease != null && lease.token == token && lease.deadline > now ? lease : null;
  }

  /** Whether the delivery was in force until now; it is not any more. */
  boolean remove(Lease lease) {
    return leases.remove(lease.sequence, lease);
  }

  /** What was acknowledged last. */
  Settled settled() {
    return settled;
  }

  /**
   * Whether the connection was lost since {@link #seen}; one call at a time.
   *
   * @param losses the connection's, as they were before the consumer was looked at
   */
  boolean wasCutOff(Session session, int losses) {
    return seenOn != null && (!session.equals(seenOn) || losses != seenLosses);
  }

  /** The server knows all that was acknowledged until now. */
  void seen(Session session, int losses) {
    seenOn = session;
    seenLosses = losses;
  }

  /** Its receipts expire. */
  void clear() {
    settled.clear();
    leases.clear();
  }

  boolean isEmpty() {
    return leases.isEmpty();
  }

  Iterable<Lease> leases() {
    return leases.values();
  }

  /** Those of one kind, in the order of their messages, in which they are to come again. */
  List<Lease> inOrder(Predicate<Lease> kind) {
    return leases.values().stream()
        .filter(kind)
        .sorted(Comparator.comparingLong(lease -> lease.sequence))
        .toList();
  }
}
