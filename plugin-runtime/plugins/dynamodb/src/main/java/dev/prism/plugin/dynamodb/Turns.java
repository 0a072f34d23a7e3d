package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Has the transactions of this process that change the same heads of keys take turns: at the table
 * they would get in each other's way, and be sent again after longer and longer pauses. Any thread.
 */
final class Turns {
  /** Heads share a turn with some others. */
  private static final int COUNT = 256;

  private final ReentrantLock[] turns = new ReentrantLock[COUNT];

  Turns() {
    for (int i = 0; i < COUNT; i++) {
      turns[i] = new ReentrantLock(true);
    }
  }

  /**
   * Does something when it is its turn at all of these heads.
   *
   * @throws PrismException DEADLINE_EXCEEDED where that does not come in time
   */
  <T extends @Nullable Object> T at(
      Collection<Map<String, AttributeValue>> heads, long patienceMillis, Supplier<T> work) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    TreeSet<Integer> wanted = new TreeSet<>(); // in this order, so that nobody waits in a circle
    heads.forEach(head -> wanted.add(Math.floorMod(head.hashCode(), COUNT)));
    Deque<ReentrantLock> taken = new ArrayDeque<>(wanted.size());
    try {
      for (int each : wanted) {
        if (!turns[each].tryLock(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw Refusals.over();
        }
        taken.push(turns[each]);
      }
      return work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    } finally {
      taken.forEach(ReentrantLock::unlock);
    }
  }
}
