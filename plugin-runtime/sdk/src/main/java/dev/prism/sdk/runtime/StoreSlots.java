package dev.prism.sdk.runtime;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Keeps the threads that are at work in a store's {@code read} and {@code scan} to {@code
 * Execution.readers}. A scan that waits in its sink for its client gives its place back meanwhile,
 * so that slow clients do not keep reads out.
 */
final class StoreSlots {
  private final Semaphore slots;

  StoreSlots(int readers) {
    // Fair, so that a scan is not passed over for as long as reads keep coming.
    this.slots = new Semaphore(readers, true);
  }

  <T> T with(Supplier<T> work) {
    slots.acquireUninterruptibly();
    try {
      return work.get();
    } finally {
      slots.release();
    }
  }

  /** Waits without the place that the calling thread holds. */
  <T> T without(Supplier<T> wait) {
    slots.release();
    try {
      return wait.get();
    } finally {
      slots.acquireUninterruptibly();
    }
  }
}
