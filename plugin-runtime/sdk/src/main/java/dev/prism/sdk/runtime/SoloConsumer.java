package dev.prism.sdk.runtime;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Stored;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A consumer without a group: it reads the topic for itself and keeps its leases in memory, so that
 * all backends do the same.
 */
final class SoloConsumer implements Consumer {
  private final MessageReader reader;
  private final Leases leases;
  private final long owner;
  private final long ackTimeoutMillis;
  private final InstantSource clock;

  SoloConsumer(
      MessageReader reader, String topic, long owner, long ackTimeoutMillis, InstantSource clock) {
    this.reader = reader;
    this.leases = new Leases(topic, "");
    this.owner = owner;
    this.ackTimeoutMillis = ackTimeoutMillis;
    this.clock = clock;
  }

  @Override
  public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
    long now = clock.millis();
    List<Delivery> deliveries =
        new ArrayList<>(leases.due(owner, most, mostBytes, now, now + ackTimeoutMillis));
    if (!deliveries.isEmpty()) {
      return deliveries;
    }
    long untilDue = leases.nextDue() - now;
    long patience =
        untilDue >= TimeUnit.NANOSECONDS.toMillis(patienceNanos)
            ? patienceNanos
            : TimeUnit.MILLISECONDS.toNanos(untilDue);
    for (Stored stored : reader.next(most, mostBytes, patience)) {
      deliveries.add(leases.lease(stored, owner, clock.millis() + ackTimeoutMillis));
    }
    return deliveries;
  }

  /** The delivery that the receipt names, where it is in force. */
  @Nullable Delivery find(Receipt receipt) {
    return leases.find(receipt, clock.millis());
  }

  AckResult settle(Ack ack) {
    AckResult result = leases.settle(ack, clock.millis());
    if (ack.outcome() instanceof Ack.Outcome.Again) {
      reader.wake();
    }
    return result;
  }

  @Override
  public void wake() {
    reader.wake();
  }

  @Override
  public void close() {
    reader.close();
  }
}
