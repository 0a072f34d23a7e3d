package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * One open subscription: takes deliveries from its consumer while the client has room for them, on
 * a virtual thread of its own.
 */
final class SubscriptionRun implements AutoCloseable {
  /** Deliveries of one message to the client. */
  static final int MOST_DELIVERIES = 256;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * What a subscription is bound by.
   *
   * @param maxInFlight deliveries that may be unacknowledged
   * @param maxAttempts a message that was delivered so often is dead
   */
  record Bounds(int maxInFlight, int maxAttempts) {}

  /** Sends deliveries to the client; false where it has gone. */
  @FunctionalInterface
  interface Sender {
    boolean send(List<Delivery> deliveries, boolean caughtUp);
  }

  /** Says of deliveries that they are dead, and waits until that is done. */
  @FunctionalInterface
  interface Undertaker {
    void bury(List<Ack> dead);
  }

  private final InboundCall call;
  private final Consumer consumer;
  private final Bounds bounds;
  private final String deadLetterTopic;
  private final InFlight.Places places;
  private final InstantSource clock;
  private final Sender sender;
  private final Undertaker undertaker;
  private final IntSupplier pollBytes;
  private final AtomicLong credit;
  private volatile boolean draining;
  private volatile boolean finished;
  private volatile Thread thread = Thread.currentThread();

  /**
   * @param credit deliveries that may be sent before {@link #grant} is called
   * @param pollBytes how many bytes one poll may bring now
   */
  SubscriptionRun(
      InboundCall call,
      Consumer consumer,
      Bounds bounds,
      String deadLetterTopic,
      InFlight inFlight,
      InstantSource clock,
      Sender sender,
      Undertaker undertaker,
      IntSupplier pollBytes,
      long credit) {
    this.call = call;
    this.consumer = consumer;
    this.bounds = bounds;
    this.deadLetterTopic = deadLetterTopic;
    this.places = inFlight.places(this::wake);
    this.clock = clock;
    this.sender = sender;
    this.undertaker = undertaker;
    this.pollBytes = pollBytes;
    this.credit = new AtomicLong(credit);
  }

  /** Lets so many further deliveries be sent; returns what may be sent now. Any thread. */
  long grant(long deliveries) {
    long open = credit.addAndGet(deliveries);
    wake();
    return open;
  }

  /** Nothing more is to be delivered: {@link #run} returns. Any thread; never blocks. */
  void finish() {
    finished = true;
    consumer.wake();
    wake();
  }

  /** The plugin is shutting down: {@link #run} fails. Any thread; never blocks. */
  void drain() {
    draining = true;
    finish();
  }

  private void wake() {
    LockSupport.unpark(thread);
  }

  /** Delivers until the client has gone or {@link #finish} is called. */
  void run() {
    thread = Thread.currentThread();
    deliver();
    if (draining) {
      throw PrismException.of(
          Reason.SHUTTING_DOWN, "the plugin is shutting down; subscribe again after a moment");
    }
  }

  /** Gives up the place in the group: what was not acknowledged comes back to it. */
  @Override
  public void close() {
    places.close();
    consumer.close();
  }

  private void deliver() {
    boolean caughtUp = false;
    while (!finished && !call.isOver()) {
      long now = clock.millis();
      long nextExpiry = places.expire(now);
      int room =
          (int)
              Math.min(
                  MOST_DELIVERIES, Math.min(bounds.maxInFlight() - places.taken(), credit.get()));
      if (room <= 0) {
        LockSupport.parkNanos(
            this,
            nextExpiry == Long.MAX_VALUE
                ? PATIENCE_NANOS
                : Math.min(PATIENCE_NANOS, TimeUnit.MILLISECONDS.toNanos(nextExpiry - now)));
        continue;
      }
      List<Delivery> polled =
          consumer.poll(room, pollBytes.getAsInt(), caughtUp ? PATIENCE_NANOS : 0);
      List<Delivery> alive = withoutDead(polled);
      if (!alive.isEmpty()) {
        caughtUp = false;
        alive.forEach(places::take);
        credit.addAndGet(-alive.size());
        if (!sender.send(alive, false)) {
          return;
        }
      } else if (polled.isEmpty() && !caughtUp) {
        caughtUp = true;
        if (!sender.send(List.of(), true)) {
          return;
        }
      }
    }
  }

  private List<Delivery> withoutDead(List<Delivery> polled) {
    List<Ack> dead = new ArrayList<>();
    List<Delivery> alive = new ArrayList<>(polled.size());
    for (Delivery delivery : polled) {
      if (delivery.attempt() <= bounds.maxAttempts()) {
        alive.add(delivery);
      } else {
        dead.add(
            new Ack(
                delivery.receipt(),
                new Ack.Outcome.Dead(
                    deadLetterTopic, "delivered " + bounds.maxAttempts() + " times")));
      }
    }
    if (!dead.isEmpty()) {
      undertaker.bury(dead);
    }
    return alive;
  }
}
