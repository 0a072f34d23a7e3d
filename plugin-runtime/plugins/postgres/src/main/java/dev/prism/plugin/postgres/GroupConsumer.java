package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.Subscription;
import dev.prism.status.PrismException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A consumer of a group. A claim is two round trips: one that takes places, short and by itself on
 * the server, so that a client that stops in the middle holds nobody up; one that reads what is
 * there.
 */
final class GroupConsumer implements Consumer {
  /** How often leases are looked through for those whose time is up. */
  private static final long EXPIRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** How often a look goes over everything, not only over what came due since the last one. */
  private static final long FULL_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** What a commit may take after its transaction has read the clock. */
  private static final long MARGIN_MILLIS = 2000;

  /** Until the log is tried again while another process takes from it. */
  private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Slots slots;
  private final Orphans orphans;
  private final Signal signal;
  private final Subscription subscription;
  private final long topic;
  private final long group;
  private final long owner;
  private final Runnable gone;
  private final Deque<Long> deadlines = new ArrayDeque<>();
  private long floor = -1;
  private long expiryFloor = -1;
  private long nextExpiry = System.nanoTime();
  private long nextFull = System.nanoTime();
  private volatile boolean woken;

  /** How long it is tried, whatever the patience: nothing is said to be there while there is. */
  private static final long MOST_BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /**
   * What a look at the tables has found.
   *
   * @param waitNanos where nothing: until something may be there
   */
  private record Claim(List<Delivery> deliveries, long waitNanos) {}

  /**
   * @param gone is told when the consumer is closed
   */
  GroupConsumer(
      Slots slots,
      Orphans orphans,
      Signal signal,
      Subscription subscription,
      long topic,
      long group,
      long owner,
      Runnable gone) {
    this.slots = slots;
    this.orphans = orphans;
    this.signal = signal;
    this.subscription = subscription;
    this.topic = topic;
    this.group = group;
    this.owner = owner;
    this.gone = gone;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      Claim claim = claimOrOrphan(most, mostBytes);
      long left = end - System.nanoTime();
      if (!claim.deliveries().isEmpty()
          || woken
          || left <= (claim.waitNanos() > BUSY_NANOS ? 0 : -MOST_BUSY_NANOS)
          || Thread.currentThread().isInterrupted()) {
        woken = false;
        return claim.deliveries();
      }
      signal.await(seen, Math.min(Math.max(left, BUSY_NANOS), claim.waitNanos()), () -> woken);
    }
  }

  /** A claim that failed may have been made: what it took is given back before the next one. */
  private Claim claimOrOrphan(int most, long mostBytes) {
    try {
      return slots.read(
          slot -> {
            orphans.release(slot);
            return claim(slot, most, mostBytes);
          });
    } catch (PrismException e) {
      orphans.add(group, owner);
      throw e;
    }
  }

  private Claim claim(Slot slot, int most, long mostBytes) throws SQLException {
    long nanos = System.nanoTime();
    boolean full = nanos - nextFull >= 0;
    boolean expire = full || nanos - nextExpiry >= 0;
    PreparedStatement claim =
        slot.prepare(
            """
            SELECT tokens, firsts, counts, attempts, now_at, next_due, busy
            FROM claim(?, ?, ?, ?, ?, ?, ?, ?)""");
    claim.setLong(1, group);
    claim.setLong(2, topic);
    claim.setLong(3, owner);
    claim.setInt(4, most);
    claim.setLong(5, mostBytes);
    claim.setLong(6, subscription.ackTimeoutMillis());
    claim.setLong(7, full ? -1 : floor);
    if (expire) {
      claim.setLong(8, full ? -1 : expiryFloor);
    } else {
      claim.setNull(8, java.sql.Types.BIGINT);
    }
    long now;
    long nextDue;
    boolean busy;
    long[] tokens = {};
    long[] firsts = {};
    int[] counts = {};
    int[] attempts = {};
    try (ResultSet row = claim.executeQuery()) {
      row.next();
      now = row.getLong(5);
      nextDue = row.getLong(6);
      nextDue = row.wasNull() ? Long.MAX_VALUE : nextDue;
      busy = row.getBoolean(7);
      if (row.getArray(1) != null) {
        tokens = Publishing.longs(row.getArray(1));
        firsts = Publishing.longs(row.getArray(2));
        counts = Publishing.ints(row.getArray(3));
        attempts = Publishing.ints(row.getArray(4));
      }
    }
    if (tokens.length < most) { // everything that was due before is dealt with
      floor = now - MARGIN_MILLIS;
    }
    if (expire) {
      expiryFloor = now - MARGIN_MILLIS;
      nextExpiry = nanos + EXPIRY_NANOS;
      nextFull = full ? nanos + FULL_NANOS : nextFull;
    }
    if (tokens.length == 0) {
      return new Claim(List.of(), busy ? BUSY_NANOS : untilDue(nextDue, now));
    }
    List<Delivery> deliveries = read(slot, tokens, firsts, counts, attempts, now);
    if (!deliveries.isEmpty()) {
      deadlines.add(now + subscription.ackTimeoutMillis());
    }
    return new Claim(deliveries, 0); // all of them wait for their time: there may be more behind
  }

  private long untilDue(long nextDue, long now) {
    while (!deadlines.isEmpty() && deadlines.getFirst() < now) {
      deadlines.removeFirst();
    }
    long next = deadlines.isEmpty() ? nextDue : Math.min(nextDue, deadlines.getFirst() + 1);
    return Signal.until(next, now, Long.MAX_VALUE);
  }

  private List<Delivery> read(
      Slot slot, long[] tokens, long[] firsts, int[] counts, int[] attempts, long now)
      throws SQLException {
    // What came back is one message a token; a stretch of the log comes last.
    int last = tokens.length - 1;
    int single = counts[last] == 1 ? tokens.length : last;
    List<Delivery> deliveries = new ArrayList<>();
    if (single > 0) {
      Long[] seqs = new Long[single];
      for (int i = 0; i < single; i++) {
        seqs[i] = firsts[i];
      }
      Map<Long, Stored> messages = new HashMap<>();
      for (Stored stored : Rows.these(slot, topic, seqs)) {
        messages.put(stored.offset(), stored);
      }
      for (int i = 0; i < single; i++) {
        Stored stored = messages.get(firsts[i]);
        if (stored != null && stored.message().deliverAtMillis() <= now) {
          deliveries.add(delivery(stored, tokens[i], attempts[i], now));
        }
      }
    }
    if (single == last) {
      for (Stored stored : Rows.stretch(slot, topic, firsts[last], counts[last])) {
        if (stored.message().deliverAtMillis() <= now) {
          deliveries.add(delivery(stored, tokens[last], 1, now));
        }
      }
    }
    return deliveries;
  }

  private Delivery delivery(Stored stored, long token, int attempt, long now) {
    return new Delivery(
        new Receipt(subscription.topic(), subscription.group(), owner, 0, stored.offset(), token),
        stored,
        attempt,
        now + subscription.ackTimeoutMillis());
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  @Override
  public void close() {
    gone.run();
    try {
      slots.read(
          slot -> {
            Orphans.release(slot, group, owner);
            return true;
          });
    } catch (PrismException e) {
      orphans.add(group, owner); // the server does not answer; it is done when it does
    }
    signal.raise();
  }
}
