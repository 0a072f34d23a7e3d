package dev.prism.proxy.gate;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * How much of an instance's pool one session may use: {@code PoolConfig.max_in_flight} of its
 * config.
 */
final class SessionSlots {
  private SessionSlots() {}

  static void enter(Passage call) {
    Semaphore slots = call.limit().slots();
    if (slots == null) {
      return;
    }
    if (!slots.tryAcquire()) {
      await(call, slots);
    }
    call.slots = slots;
  }

  static void leave(Passage call) {
    Semaphore slots = call.slots;
    if (slots != null) {
      call.slots = null;
      slots.release();
    }
  }

  private static void await(Passage call, Semaphore slots) {
    long left = call.deadlineNanos() - System.nanoTime();
    long most = TimeUnit.MILLISECONDS.toNanos(call.config().acquireTimeoutMillis());
    boolean deadlineFirst = most == 0 || left < most;
    try {
      if (slots.tryAcquire(deadlineFirst ? left : most, TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      throw PrismException.of(Reason.CANCELLED, "The call was cancelled.");
    }
    throw deadlineFirst
        ? PrismException.of(
            Reason.DEADLINE_EXCEEDED, "The deadline passed while earlier calls of the session ran.")
        : PrismException.of(
            Reason.OVERLOADED,
            "The session has as many calls at the backend as its config allows.");
  }
}
