package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Group;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.Subscription;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * A consumer of a group: claims what is due and then what comes next in the log. One thread polls.
 */
final class GroupConsumer implements Consumer {
  private final SqliteQueue queue;
  private final QueueLane lane;
  private final InstantSource clock;
  private final Signal signal;
  private final Subscription subscription;
  private final long topic;
  private final long group;
  private final long owner;
  private volatile boolean woken;

  /** What a look at the tables has found; where nothing, when to look again. */
  private record Claim(List<Delivery> deliveries, long nextDue) {}

  GroupConsumer(
      SqliteQueue queue,
      QueueLane lane,
      InstantSource clock,
      Signal signal,
      Subscription subscription,
      long topic,
      long group,
      long owner) {
    this.queue = queue;
    this.lane = lane;
    this.clock = clock;
    this.signal = signal;
    this.subscription = subscription;
    this.topic = topic;
    this.group = group;
    this.owner = owner;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      long now = clock.millis();
      Claim claim = lane.run(tables -> claim(tables, most, mostBytes, now));
      long left = end - System.nanoTime();
      if (!claim.deliveries().isEmpty()
          || woken
          || left <= 0
          || Thread.currentThread().isInterrupted()) {
        woken = false;
        return claim.deliveries();
      }
      signal.await(seen, Signal.until(claim.nextDue(), now, left), () -> woken);
    }
  }

  private Claim claim(QueueTables tables, int most, long mostBytes, long now) throws SQLException {
    List<Delivery> claimed = new ArrayList<>();
    long deadline = now + subscription.ackTimeoutMillis();
    long bytes = 0;
    for (QueueTables.Due due : tables.due(group, topic, most, mostBytes, now)) {
      claimed.add(deliver(tables, due.stored(), due.attempts() + 1, deadline));
      bytes += due.stored().message().bytes();
    }
    Group place = tables.group(topic, subscription.group());
    if (place != null && claimed.size() < most && bytes < mostBytes) {
      long position = place.position();
      List<Stored> log = tables.read(topic, position, most - claimed.size(), mostBytes - bytes);
      for (Stored stored : log) {
        position = stored.offset() + 1;
        long deliverAt = stored.message().deliverAtMillis();
        if (deliverAt > now) {
          tables.hold(group, stored.offset(), deliverAt, 0, 0, 0);
        } else {
          claimed.add(deliver(tables, stored, 1, deadline));
        }
      }
      if (!log.isEmpty()) {
        tables.moveGroup(group, position);
        if (claimed.isEmpty()) {
          return new Claim(claimed, now); // all of them wait; there may be more behind
        }
      }
    }
    return new Claim(claimed, claimed.isEmpty() ? tables.nextDue(group) : now);
  }

  private Delivery deliver(QueueTables tables, Stored stored, int attempt, long deadline)
      throws SQLException {
    long token = queue.token();
    tables.hold(group, stored.offset(), deadline, owner, token, attempt);
    return new Delivery(
        new Receipt(subscription.topic(), subscription.group(), owner, 0, stored.offset(), token),
        stored,
        attempt,
        deadline);
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  @Override
  public void close() {
    queue.left(group);
    lane.run(
        tables -> {
          tables.release(group, owner, clock.millis());
          return true;
        });
    signal.raise();
  }
}
