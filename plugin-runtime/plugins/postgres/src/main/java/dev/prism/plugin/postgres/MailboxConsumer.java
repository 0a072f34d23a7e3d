package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.transact.Transactor;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** A reader of a mailbox: a claim is one round trip, in a transaction of its own. */
final class MailboxConsumer implements Consumer {
  /** Until messages that others just had locked are looked at again. */
  private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How long that is tried, whatever the patience: nothing is said to be there while there is. */
  private static final long MOST_BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final byte[] EMPTY = {};

  private final Slots slots;
  private final Signal signal;
  private final String namespace;
  private final String mailbox;
  private final long ackTimeoutMillis;
  private final long owner;
  private final LongConsumer gone;
  private volatile boolean woken;

  /**
   * What a look at the mailbox has found.
   *
   * @param waitNanos where nothing: until something may be there
   */
  private record Claim(List<Delivery> deliveries, long waitNanos) {}

  /**
   * @param gone gives back what an owner has, who reads no more
   */
  MailboxConsumer(
      Slots slots,
      Signal signal,
      String namespace,
      String mailbox,
      long ackTimeoutMillis,
      long owner,
      LongConsumer gone) {
    this.slots = slots;
    this.signal = signal;
    this.namespace = namespace;
    this.mailbox = mailbox;
    this.ackTimeoutMillis = ackTimeoutMillis;
    this.owner = owner;
    this.gone = gone;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      Claim claim = slots.read(slot -> claim(slot, most, mostBytes));
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

  private Claim claim(Slot slot, int most, long mostBytes) throws SQLException {
    PreparedStatement claim =
        slot.prepare(
            """
            SELECT seq, token, attempts, id, key, written, headers, payload, now_at, next_due, busy
            FROM claim_messages(?, ?, ?, ?, ?, ?)""");
    claim.setString(1, namespace);
    claim.setString(2, mailbox);
    claim.setLong(3, owner);
    claim.setInt(4, most);
    claim.setLong(5, mostBytes);
    claim.setLong(6, ackTimeoutMillis);
    List<Delivery> deliveries = new ArrayList<>();
    long waitNanos = Long.MAX_VALUE;
    try (ResultSet row = claim.executeQuery()) {
      while (row.next()) {
        long seq = row.getLong(1);
        if (!row.wasNull()) {
          deliveries.add(delivery(seq, row));
          continue;
        }
        long now = row.getLong(9);
        long nextDue = row.getLong(10);
        if (row.getBoolean(11)) {
          waitNanos = BUSY_NANOS;
        } else if (nextDue > 0) {
          waitNanos = Signal.until(nextDue + 1, now, Long.MAX_VALUE);
        }
      }
    }
    return new Claim(deliveries, waitNanos);
  }

  private Delivery delivery(long seq, ResultSet row) throws SQLException {
    byte[] key = row.getBytes(5);
    Message message =
        new Message(key == null ? EMPTY : key, Rows.headers(row.getBytes(7)), row.getBytes(8), 0);
    return new Delivery(
        new Receipt(mailbox, Transactor.RECEIPT_GROUP, owner, 0, seq, row.getLong(2)),
        new Stored(
            0, seq, new String(row.getBytes(4), StandardCharsets.UTF_8), message, row.getLong(6)),
        row.getInt(3),
        row.getLong(9) + ackTimeoutMillis);
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  @Override
  public void close() {
    gone.accept(owner);
  }
}
