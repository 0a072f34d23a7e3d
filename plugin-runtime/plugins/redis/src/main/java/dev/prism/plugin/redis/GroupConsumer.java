package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.status.PrismException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/** A consumer of a group, registered at the server under a number of its own. */
final class GroupConsumer implements Consumer {
  private static final Logger LOG = LoggerFactory.getLogger(GroupConsumer.class);

  /** What one script delivers at most. */
  private static final int MOST = 1000;

  private final RedisConnections connections;
  private final Wake wake;
  private final Groups.Group group;
  private final Subscription subscription;
  private final String process;
  private final long owner;
  private final Signal signal;
  private volatile boolean woken;

  private GroupConsumer(
      RedisConnections connections,
      Wake wake,
      Groups.Group group,
      Subscription subscription,
      String process,
      long owner,
      Signal signal) {
    this.connections = connections;
    this.wake = wake;
    this.group = group;
    this.subscription = subscription;
    this.process = process;
    this.owner = owner;
    this.signal = signal;
  }

  /** Makes the group where it is not there, and a consumer in it. */
  static GroupConsumer open(
      RedisConnections connections,
      Wake wake,
      Groups.Group group,
      Subscription subscription,
      String process,
      long owner) {
    wake.channels().awaitReady();
    Signal signal = wake.join(group.topic().channelName());
    GroupConsumer consumer =
        new GroupConsumer(connections, wake, group, subscription, process, owner, signal);
    boolean joined = false;
    try {
      connections.read(
          connection -> {
            consumer.join(connection);
            return true;
          });
      joined = true;
    } finally {
      if (!joined) {
        consumer.close(); // it may have joined, and nobody knows
      }
    }
    return consumer;
  }

  private void join(RedisConnection connection) {
    Groups.Place place = Groups.place(subscription.start());
    List<Long> gone = sendGone(connection);
    connection.send(
        Script.JOIN,
        group.keys(),
        Bytes.list(
            subscription.group(),
            place.bound(),
            subscription.start() instanceof Start.Offsets,
            group.topic().topic().create(),
            owner,
            process,
            Channels.PROCESSES,
            wake.channels().isSettled()));
    answer(connection, gone);
  }

  /** Consumers of this process whose leaving the server has not confirmed yet. */
  private List<Long> sendGone(RedisConnection connection) {
    List<Long> gone = List.copyOf(group.gone());
    if (!gone.isEmpty()) {
      List<byte[]> arguments = Bytes.list(group.topic().channel());
      gone.forEach(each -> arguments.add(Bytes.of(each)));
      connection.send(Script.LEAVE, group.keys(), arguments);
    }
    return gone;
  }

  private Object answer(RedisConnection connection, List<Long> gone) {
    List<Object> replies = connection.replies();
    for (Object reply : replies) {
      if (reply instanceof JedisDataException refused) {
        throw refused;
      }
    }
    group.gone().removeAll(gone);
    return replies.getLast();
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      List<?> claim =
          connections.read(connection -> claim(connection, Math.min(most, MOST), mostBytes));
      long left = end - System.nanoTime();
      List<Delivery> deliveries = deliveries(claim);
      if (!deliveries.isEmpty() || woken || left <= 0 || Thread.currentThread().isInterrupted()) {
        woken = false;
        return deliveries;
      }
      long look = (long) claim.get(2);
      long now = (long) claim.get(3);
      if (look < 0 || look > now) {
        signal.await(seen, Signal.until(look < 0 ? Long.MAX_VALUE : look, now, left), () -> woken);
      }
    }
  }

  private List<?> claim(RedisConnection connection, int most, long mostBytes) {
    try {
      return claimOnce(connection, most, mostBytes);
    } catch (JedisDataException refused) {
      if (!Failures.code(refused).equals("GONE")) {
        throw refused;
      }
      // Another process took this one for dead, or the server has lost what it knew.
      join(connection);
      return claimOnce(connection, most, mostBytes);
    }
  }

  private List<?> claimOnce(RedisConnection connection, int most, long mostBytes) {
    List<Long> gone = sendGone(connection);
    connection.send(
        Script.CLAIM,
        group.keys(),
        Bytes.list(
            subscription.group(),
            owner,
            most,
            mostBytes,
            subscription.ackTimeoutMillis(),
            process,
            Channels.PROCESSES,
            wake.channels().isSettled() && group.isLookDue()));
    return (List<?>) answer(connection, gone);
  }

  private List<Delivery> deliveries(List<?> claim) {
    long token = Long.parseLong(Bytes.text(claim.get(0)));
    long deadline = (long) claim.get(1);
    List<Delivery> deliveries = new ArrayList<>(claim.size() - 4);
    for (Object each : claim.subList(4, claim.size())) {
      List<?> parts = (List<?>) each;
      var stored = Entries.stored(Bytes.text(parts.get(0)), (List<?>) parts.get(2));
      deliveries.add(
          new Delivery(
              new Receipt(
                  subscription.topic(), subscription.group(), owner, 0, stored.offset(), token),
              stored,
              Math.toIntExact((long) parts.get(1)),
              deadline));
    }
    return deliveries;
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  /** Where the server is away, whoever uses the group next says that this consumer has gone. */
  @Override
  public void close() {
    wake.leave(group.topic().channelName());
    group.gone().add(owner);
    try {
      connections.read(
          connection -> {
            List<Long> gone = sendGone(connection);
            return gone.isEmpty() || answer(connection, gone) != null;
          });
    } catch (PrismException e) {
      LOG.debug("a consumer's leaving will be said later", e);
    }
  }
}
