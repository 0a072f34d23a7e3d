package dev.prism.link;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The free slots of a call table: a lock-free stack. Neither end can be held up by a thread that
 * was stopped halfway, as the array queues can (one that takes and is preempted makes them look
 * full), and the slot freed last, which is still in the cache, is taken first.
 *
 * <pre>
 *   head: pops so far in the upper half, so that a slot that went and came back is told from one
 *         that stayed; the top slot + 1 in the lower half, 0 when empty
 * </pre>
 */
final class SlotStack {
  private static final long SLOT = 0xffff_ffffL;
  private static final long POP = 1L << 32;

  private final AtomicLong head = new AtomicLong();
  private final AtomicIntegerArray below;

  /** A stack that holds slots 0 to {@code size} - 1, 0 on top. */
  SlotStack(int size) {
    below = new AtomicIntegerArray(size);
    for (int slot = size - 1; slot >= 0; slot--) {
      push(slot);
    }
  }

  /** A free slot, or -1 when there is none. */
  int pop() {
    while (true) {
      long top = head.get();
      int slot = (int) (top & SLOT) - 1;
      if (slot < 0) {
        return -1;
      }
      if (head.compareAndSet(top, (top & ~SLOT) + POP + below.getPlain(slot))) {
        return slot;
      }
    }
  }

  void push(int slot) {
    while (true) {
      long top = head.get();
      below.setPlain(slot, (int) (top & SLOT));
      if (head.compareAndSet(top, (top & ~SLOT) | (slot + 1))) {
        return;
      }
    }
  }
}
