package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;

/** Connections for what many callers do at once. Those used last are used first. */
final class Slots implements AutoCloseable {
  private final LinkedBlockingDeque<Slot> free = new LinkedBlockingDeque<>();
  private final long acquireMillis;
  private final int count;

  Slots(Database database, Purpose purpose, int count, long acquireMillis) {
    this.acquireMillis = acquireMillis;
    this.count = count;
    for (int i = 0; i < count; i++) {
      free.add(new Slot(database, purpose));
    }
  }

  /** As {@link Slot#read} on whichever connection is free. */
  <T> T read(Slot.Work<T> work) {
    Slot slot = take();
    try {
      return slot.read(work);
    } finally {
      give(slot);
    }
  }

  /**
   * A connection for more than one step, until it is given back.
   *
   * @throws PrismException OVERLOADED where none gets free in time
   */
  Slot take() {
    try {
      Slot slot = free.poll(acquireMillis, TimeUnit.MILLISECONDS);
      if (slot != null) {
        return slot;
      }
      throw PrismException.of(
          Reason.OVERLOADED, "all " + count + " connections to the database are in use");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    }
  }

  void give(Slot slot) {
    free.addFirst(slot);
  }

  @Override
  public void close() {
    free.forEach(Slot::close);
  }
}
