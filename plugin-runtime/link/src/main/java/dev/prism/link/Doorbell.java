package dev.prism.link;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How one consumer sleeps while its ring is empty and is woken. A word in the shared memory says
 * that it is about to sleep; a producer pays for a wake-up only then (hazard 17):
 *
 * <pre>
 *   consumer                       producer
 *   word = 1                       commit
 *   full fence                     full fence
 *   reads the ring once more       word == 1 ? word = 0, wake
 *   waits while word == 1
 * </pre>
 *
 * <p>A producer can die between its commit and the wake, so every wait has a limit.
 */
abstract sealed class Doorbell {
  /** No wait is longer, whatever happens to the one who should ring. */
  static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int ASLEEP = 1;
  private static final int AWAKE = 0;

  final AtomicBuffer memory;
  final int word;

  private Doorbell(AtomicBuffer memory, int word) {
    this.memory = memory;
    this.word = word;
  }

  /**
   * The consumer says that it is about to sleep; it must read its ring once more before it does.
   */
  final void arm() {
    memory.putIntVolatile(word, ASLEEP);
    VarHandle.fullFence();
  }

  final void disarm() {
    memory.putIntVolatile(word, AWAKE);
  }

  /** Wakes the consumer where it sleeps. Any thread, never waits. */
  final void ring() {
    VarHandle.fullFence();
    if (memory.getIntVolatile(word) == ASLEEP && memory.compareAndSetInt(word, ASLEEP, AWAKE)) {
      wake();
    }
  }

  /**
   * Sleeps until the bell rings or {@code nanos} have passed; may return early.
   *
   * @return whether there was any sleep at all
   */
  abstract boolean await(long nanos);

  abstract void wake();

  /** Sleeps in the kernel, on the word itself: for consumers of other processes on Linux. */
  static final class Futex extends Doorbell {
    private final long address;
    private final Libc.Scratch scratch = new Libc.Scratch(Arena.ofAuto());

    Futex(AtomicBuffer memory, int word) {
      super(memory, word);
      address = memory.addressOffset() + word;
    }

    @Override
    boolean await(long nanos) {
      try {
        int error = Libc.futexWait(address, ASLEEP, Math.min(nanos, MAX_WAIT_NANOS), scratch);
        return switch (error) {
          case 0, Libc.ETIMEDOUT, Libc.EINTR -> true;
          case Libc.EAGAIN -> false;
          default -> throw new IllegalStateException("futex wait failed: errno " + error);
        };
      } finally {
        Reference.reachabilityFence(memory);
      }
    }

    @Override
    void wake() {
      try {
        Libc.futexWake(address);
      } finally {
        Reference.reachabilityFence(memory);
      }
    }
  }

  /**
   * Looks again after a pause that grows while nothing comes: for processes where there is no
   * futex. Nobody is woken; the pause is the latency.
   */
  static final class Polling extends Doorbell {
    private static final long SHORTEST_NANOS = 50_000;
    private static final long LONGEST_NANOS = 4_000_000;

    private long pause = SHORTEST_NANOS;

    Polling(AtomicBuffer memory, int word) {
      super(memory, word);
    }

    @Override
    boolean await(long nanos) {
      LockSupport.parkNanos(this, Math.min(nanos, pause));
      Thread.interrupted(); // means nothing to a consumer, and would keep it from sleeping
      boolean rung = memory.getIntVolatile(word) == AWAKE;
      pause = rung ? SHORTEST_NANOS : Math.min(pause * 2, LONGEST_NANOS);
      return true;
    }

    @Override
    void wake() {
      // The consumer finds the word changed when its pause is over.
    }
  }

  /** Parks the consumer's thread: for a consumer of the same process. */
  static final class Parking extends Doorbell {
    private volatile @Nullable Thread consumer;

    Parking(AtomicBuffer memory, int word) {
      super(memory, word);
    }

    @Override
    boolean await(long nanos) {
      consumer = Thread.currentThread();
      if (memory.getIntVolatile(word) == ASLEEP) {
        LockSupport.parkNanos(this, Math.min(nanos, MAX_WAIT_NANOS));
        Thread.interrupted(); // as above
      }
      return true;
    }

    @Override
    void wake() {
      LockSupport.unpark(consumer);
    }
  }
}
