package dev.prism.plugin.nats;

import dev.prism.plugin.nats.Held.Lease;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.Subscription;
import io.nats.client.Message;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One subscription's place in a group: asks the group's consumer at the server for messages. */
final class GroupConsumer implements Consumer {
  /** In one poll, each after an answer of the server that said that the consumer is there. */
  private static final int MOST_REJOINS = 5;

  private final NatsQueue queue;
  private final String namespace;
  private final Subscription subscription;
  private final long owner;
  private Joined joined;
  private Pull<Taken> pull;
  private volatile boolean closed;

  /** The consumer at the server as it is now. */
  record Joined(Session session, Held held) {}

  private record Taken(Lease lease, Stored stored) {}

  GroupConsumer(NatsQueue queue, String namespace, Subscription subscription, long owner) {
    this.queue = queue;
    this.namespace = namespace;
    this.subscription = subscription;
    this.owner = owner;
    this.joined = queue.join(namespace, subscription);
    this.pull = pull(joined);
  }

  private Pull<Taken> pull(Joined to) {
    return new Pull<>(
        to.session(),
        queue.timeout(),
        to.held().stream(),
        to.held().consumer(),
        message -> arrived(to, message));
  }

  private @Nullable Taken arrived(Joined to, Message message) {
    NatsJetStreamMetaData meta = message.metaData();
    Lease lease =
        new Lease(
            to.held(),
            to.session(),
            String.valueOf(message.getReplyTo()),
            owner,
            meta.streamSequence(),
            queue.token(),
            (int) meta.deliveredCount(),
            queue.now());
    to.held().add(lease, meta.consumerSequence());
    if (closed) {
      Keeper.giveBack(lease);
      return null;
    }
    return new Taken(lease, Codec.stored(message, meta));
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    int rejoined = 0;
    while (true) {
      if (pull.isGone()) {
        if (++rejoined > MOST_REJOINS) {
          throw Failures.unreachable();
        }
        rejoin();
      }
      List<Taken> taken = pull.poll(most, mostBytes, Math.max(0, end - System.nanoTime()));
      if (!taken.isEmpty() || !pull.isGone()) {
        return deliver(taken);
      }
    }
  }

  private void rejoin() {
    Joined now = queue.join(namespace, subscription);
    if (now.held() == joined.held() && now.session() == joined.session()) {
      pull.found();
      return;
    }
    Pull<Taken> before = pull;
    joined = now;
    pull = pull(now);
    before.close();
  }

  private List<Delivery> deliver(List<Taken> taken) {
    long deadline = queue.now() + subscription.ackTimeoutMillis();
    List<Delivery> deliveries = new ArrayList<>(taken.size());
    for (Taken each : taken) {
      Lease lease = each.lease();
      lease.deadline = deadline;
      deliveries.add(
          new Delivery(
              new Receipt(
                  subscription.topic(),
                  subscription.group(),
                  owner,
                  0,
                  lease.sequence,
                  lease.token),
              each.stored(),
              lease.attempt,
              deadline));
    }
    return deliveries;
  }

  @Override
  public void wake() {
    pull.wake();
  }

  @Override
  public void close() {
    closed = true;
    pull.close();
    joined
        .held()
        .inOrder(lease -> lease.owner == owner && !lease.settling)
        .forEach(Keeper::giveBack);
    queue.left(namespace, subscription);
  }
}
