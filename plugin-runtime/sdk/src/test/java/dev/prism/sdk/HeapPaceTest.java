package dev.prism.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeapPaceTest {
  private static final long MB = 1 << 20;

  private final Heap heap = new Heap();
  private final HeapPace pace = new HeapPace(() -> heap.used, heap::collect, () -> heap.now);

  /** A heap whose time goes on when it is collected, or when a test says so. */
  private static final class Heap {
    private long used;
    private long alive;
    private long pauseMillis = 30;
    private long now;
    private int collections;

    private void collect() {
      collections++;
      used = alive;
      pass(pauseMillis);
    }

    private void pass(long millis) {
      now += TimeUnit.MILLISECONDS.toNanos(millis);
    }
  }

  @Test
  void aSmallHeapIsLeftAlone() {
    // Given
    heap.used = HeapPace.LEAST_BYTES;

    // When
    pace.look();

    // Then
    assertThat(heap.collections).isZero();
  }

  @Test
  void aHeapOfHalfAsMuchAgainAsWasAliveIsCollected() {
    // Given 20 MB that are alive after a collection
    heap.alive = 20 * MB;
    heap.used = 30 * MB;
    pace.look();
    heap.pass(10_000);

    // When it grows beyond that
    heap.used = 30 * MB;
    pace.look();
    int upToThat = heap.collections;
    heap.used = 30 * MB + 1;
    pace.look();

    // Then
    assertThat(upToThat).isEqualTo(1);
    assertThat(heap.collections).isEqualTo(2);
    assertThat(heap.used).isEqualTo(20 * MB);
  }

  @Test
  void aHeapThatFillsAtOnceIsCollectedForATwoHundredthOfTheTime() {
    // Given one that is full whenever it is looked at
    heap.alive = 10 * MB;
    long seconds = 600;

    // When
    while (heap.now < TimeUnit.SECONDS.toNanos(seconds)) {
      heap.used = 100 * MB;
      pace.look();
      heap.pass(10);
    }

    // Then
    double share = heap.collections * heap.pauseMillis / (seconds * 1000.0);
    assertThat(share).isBetween(1.0 / HeapPace.SHARE - 0.001, 1.0 / HeapPace.SHARE);
  }
}
