package dev.prism.sdk.runtime;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Receipt;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The deliveries of this process's subscriptions that were not acknowledged: what {@code
 * max_in_flight} bounds. A place becomes free when the delivery is settled through this process, or
 * its time is up.
 */
final class InFlight {
  /** How many settled deliveries are kept in the order of their deadlines, beside the others. */
  private static final int SETTLED = 1024;

  private final Map<Receipt, Slot> slots = new ConcurrentHashMap<>();

  private static final class Slot {
    final Receipt receipt;
    final Places places;
    volatile long deadline;

    Slot(Receipt receipt, Places places, long deadline) {
      this.receipt = receipt;
      this.places = places;
      this.deadline = deadline;
    }
  }

  /** The deliveries of one subscription; its own thread's, but for what is settled. */
  final class Places implements AutoCloseable {
    private final PriorityQueue<Expiry> byDeadline =
        new PriorityQueue<>(Comparator.comparingLong(Expiry::deadline));
    private final AtomicInteger taken = new AtomicInteger();
    private final Runnable freed;

    private record Expiry(Slot slot, long deadline) {}

    private Places(Runnable freed) {
      this.freed = freed;
    }

    /** How many are taken. */
    int taken() {
      return taken.get();
    }

    void take(Delivery delivery) {
      Slot slot = new Slot(delivery.receipt(), this, delivery.ackDeadlineMillis());
      taken.incrementAndGet();
      slots.put(slot.receipt, slot);
      byDeadline.add(new Expiry(slot, slot.deadline));
      if (byDeadline.size() > 2 * taken.get() + SETTLED) {
        byDeadline.removeIf(each -> slots.get(each.slot.receipt) != each.slot);
      }
    }

    /**
     * Frees the places of deliveries whose time is up.
     *
     * @return when to look again; {@link Long#MAX_VALUE} where nothing is taken
     */
    long expire(long now) {
      while (true) {
        Expiry first = byDeadline.peek();
        if (first == null) {
          return Long.MAX_VALUE;
        }
        Slot slot = first.slot;
        if (slots.get(slot.receipt) != slot) {
          byDeadline.remove();
        } else if (first.deadline > now) {
          return first.deadline;
        } else {
          byDeadline.remove();
          if (slot.deadline > now) {
            byDeadline.add(new Expiry(slot, slot.deadline));
          } else {
            free(slot);
          }
        }
      }
    }

    @Override
    public void close() {
      for (Expiry each : byDeadline) {
        slots.remove(each.slot.receipt, each.slot);
      }
      byDeadline.clear();
    }
  }

  /**
   * Places for one subscription.
   *
   * @param freed is run when a place becomes free, on whatever thread; must not block
   */
  Places places(Runnable freed) {
    return new Places(freed);
  }

  /** What became of a delivery. Any thread. */
  void settled(Ack ack, AckResult result) {
    Slot slot = slots.get(ack.receipt());
    if (slot == null) {
      return;
    }
    if (result instanceof AckResult.Taken(long deadline)
        && ack.outcome() instanceof Ack.Outcome.Extended) {
      slot.deadline = deadline;
    } else {
      free(slot);
    }
  }

  private void free(Slot slot) {
    if (slots.remove(slot.receipt, slot)) {
      slot.places.taken.decrementAndGet();
      slot.places.freed.run();
    }
  }
}
