package dev.prism.proxy.route;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one backend instance that play one role, and whose turn it is. Safe for any
 * thread; choosing takes no lock and allocates nothing.
 */
final class Pool {
  /** How long one of several processes is waited for before the next one is asked. */
  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Target[] targets;
  private final AtomicInteger turns = new AtomicInteger();

  /**
   * @param targets at least one
   */
  Pool(List<Target> targets) {
    this.targets = targets.toArray(Target[]::new);
  }

  /** Whether there is a choice. */
  boolean isShared() {
    return targets.length > 1;
  }

  Target[] targets() {
    return targets;
  }

  /** The process of a number, or null where it does not play the role. */
  @Nullable Target find(int process) {
    for (Target target : targets) {
      if (target.plugin().process() == process) {
        return target;
      }
    }
    return null;
  }

  /**
   * The process for a call: each that is ready in its turn, for a stream the one of them that has
   * fewest. Where none is ready it is one that runs, and where none runs any.
   *
   * @param failed passed over; null: none
   */
  Target pick(boolean stream, @Nullable Target failed) {
    int count = targets.length;
    if (count == 1) {
      return targets[0];
    }
    int turn = (turns.getAndIncrement() & Integer.MAX_VALUE) % count;
    Target best = null;
    for (int i = 0; i < count; i++) {
      Target target = targets[turn + i < count ? turn + i : turn + i - count];
      if (target == failed || !target.plugin().isReady()) {
        continue;
      }
      if (!stream) {
        return target;
      }
      if (best == null || target.streams().get() < best.streams().get()) {
        best = target;
      }
    }
    return best == null ? running(turn, failed) : best;
  }

  private Target running(int turn, @Nullable Target failed) {
    for (Target target : targets) {
      if (target != failed && target.plugin().live() != null) {
        return target;
      }
    }
    return failed == null ? targets[turn] : failed;
  }

  /**
   * Waits until one of the processes serves.
   *
   * @param failed whose incarnation {@code after} does not count; null: none
   * @throws PrismException PLUGIN_UNAVAILABLE where none came in time, or none will
   */
  Target await(@Nullable Target failed, long after, long deadlineNanos)
      throws InterruptedException {
    if (targets.length == 1) {
      targets[0].plugin().awaitNext(after, deadlineNanos);
      return targets[0];
    }
    while (true) {
      PrismException none =
          PrismException.of(Reason.PLUGIN_UNAVAILABLE, "no process of the backend runs; try again");
      boolean waited = false;
      for (Target target : targets) {
        long until = Math.min(deadlineNanos, System.nanoTime() + SLICE_NANOS);
        try {
          target.plugin().awaitNext(target == failed ? after : 0, until);
          return target;
        } catch (PrismException e) {
          none = e;
          waited |= System.nanoTime() - until >= 0; // else none will come of it
        }
      }
      if (!waited || System.nanoTime() - deadlineNanos >= 0) {
        throw none;
      }
    }
  }
}
