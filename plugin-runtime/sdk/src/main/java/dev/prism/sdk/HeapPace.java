package dev.prism.sdk;

import java.util.function.LongSupplier;

/**
 * Keeps a plugin's heap near what is alive in it. The serial collector looks at its old generation
 * only once that has grown to the heap's maximum: until then values that were replaced and rows
 * that were sent stay in memory. This has the whole heap collected as soon as it holds half as much
 * again as was alive the last time.
 *
 * <p>A collection stops the process, for some 30 ms where 10 MB are alive. It takes {@link #SHARE}
 * of the time at most: where a heap fills faster than that, it grows.
 */
final class HeapPace {
  /** Below this much nothing is gained, bytes: the young generation and what every plugin holds. */
  static final long LEAST_BYTES = 12L << 20;

  /** Of how many nanoseconds one may go to collections. */
  static final long SHARE = 200;

  private static final long EVERY_MILLIS = 200;

  private final LongSupplier used;
  private final Runnable collection;
  private final LongSupplier nanoTime;

  private long limit = LEAST_BYTES;
  private long notBefore;

  HeapPace(LongSupplier used, Runnable collection, LongSupplier nanoTime) {
    this.used = used;
    this.collection = collection;
    this.nanoTime = nanoTime;
    this.notBefore = nanoTime.getAsLong();
  }

  /** Begins, on a thread of its own that does not keep the process alive. */
  static void keep() {
    Runtime heap = Runtime.getRuntime();
    HeapPace pace =
        new HeapPace(() -> heap.totalMemory() - heap.freeMemory(), heap::gc, System::nanoTime);
    Thread.ofPlatform().name("heap-pace").daemon().start(pace::run);
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(EVERY_MILLIS);
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does; the JVM collects as it likes from here on
    }
  }

  void look() {
    long begun = nanoTime.getAsLong();
    if (used.getAsLong() <= limit || begun - notBefore < 0) {
      return;
    }
    collection.run();
    long ended = nanoTime.getAsLong();
    limit = Math.max(LEAST_BYTES, used.getAsLong() * 3 / 2);
    notBefore = ended + (SHARE - 1) * (ended - begun);
  }
}
