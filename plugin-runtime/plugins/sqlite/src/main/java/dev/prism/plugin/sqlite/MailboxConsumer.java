package dev.prism.plugin.sqlite;

import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.transact.Transactor;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A reader of a mailbox: claims what is due. One thread polls. */
final class MailboxConsumer implements Consumer {
  /** How long a claim waits for its turn before it looks whether it is to go on waiting. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final SqliteTransactor transactor;
  private final TableLane lane;
  private final InstantSource clock;
  private final Signal signal;
  private final String mailbox;
  private final long ackTimeoutMillis;
  private final long owner;
  private volatile boolean woken;

  /** What a look at the mailbox has found; where nothing, when to look again. */
  private record Claim(List<Delivery> deliveries, long nextDue) {}

  MailboxConsumer(
      SqliteTransactor transactor,
      TableLane lane,
      InstantSource clock,
      Signal signal,
      String mailbox,
      long ackTimeoutMillis,
      long owner) {
    this.transactor = transactor;
    this.lane = lane;
    this.clock = clock;
    this.signal = signal;
    this.mailbox = mailbox;
    this.ackTimeoutMillis = ackTimeoutMillis;
    this.owner = owner;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      Optional<Claim> claim =
          lane.within(TURN_NANOS, tables -> claim(tables, most, mostBytes, clock.millis()));
      if (woken || Thread.currentThread().isInterrupted()) {
        woken = false;
        return claim.map(Claim::deliveries).orElse(List.of());
      }
      if (claim.isEmpty()) {
        continue; // nobody knows what is there while a transaction has the file alone
      }
      long left = end - System.nanoTime();
      if (!claim.get().deliveries().isEmpty() || left <= 0) {
        return claim.get().deliveries();
      }
      signal.await(seen, Signal.until(claim.get().nextDue(), clock.millis(), left), () -> woken);
    }
  }

  private Claim claim(TableWrites tables, int most, long mostBytes, long now) throws SQLException {
    List<Delivery> claimed = new ArrayList<>();
    long deadline = now + ackTimeoutMillis;
    for (MailboxRows.Due due : tables.mailbox.due(mailbox, most, mostBytes, now)) {
      long token = transactor.token();
      long seq = due.stored().offset();
      tables.mailbox.lease(seq, deadline, owner, token);
      claimed.add(
          new Delivery(
              new Receipt(mailbox, Transactor.RECEIPT_GROUP, owner, 0, seq, token),
              due.stored(),
              due.attempts() + 1,
              deadline));
    }
    return new Claim(claimed, claimed.isEmpty() ? tables.mailbox.nextDue(mailbox, now) : now);
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  /** Does not wait for a transaction that has the file alone. */
  @Override
  public void close() {
    lane.later(
        tables -> {
          tables.mailbox.release(owner, clock.millis());
          return true;
        },
        signal::raise);
  }
}
