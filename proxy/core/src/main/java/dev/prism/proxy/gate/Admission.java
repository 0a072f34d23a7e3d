package dev.prism.proxy.gate;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Bounds the calls in flight, and lets none in before the server is ready and while it shuts down.
 * One atomic addition each way.
 */
public final class Admission {
  private static final long DRAIN_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final AtomicInteger inFlight = new AtomicInteger();
  private final int limit;
  private final List<Runnable> drainHooks = new CopyOnWriteArrayList<>();
  private volatile boolean open;
  private volatile boolean draining;

  /**
   * Closed, until {@link #open} is called.
   *
   * @param limit calls at once
   */
  public Admission(int limit) {
    this.limit = limit;
  }

  void enter(Passage call) {
    admit();
    call.admitted = true;
  }

  void leave(Passage call) {
    if (call.admitted) {
      call.admitted = false;
      release();
    }
  }

  /**
   * Counts a call in, for calls that do not pass the gate.
   *
   * @throws PrismException SHUTTING_DOWN, OVERLOADED
   */
  public void admit() {
    int now = inFlight.incrementAndGet();
    if (!open) {
      release();
      throw draining
          ? PrismException.of(Reason.SHUTTING_DOWN, "The server is shutting down; connect again.")
          : PrismException.of(Reason.PLUGIN_UNAVAILABLE, "The server is starting; try again.");
    }
    if (now > limit) {
      release();
      throw PrismException.of(
          Reason.OVERLOADED, "The server has as many calls as it takes; try again.");
    }
  }

  /** Counts a call out. */
  public void release() {
    inFlight.decrementAndGet();
  }

  /** Calls now. */
  public int inFlight() {
    return inFlight.get();
  }

  /** Lets calls in: all that they need is there. */
  public void open() {
    open = true;
  }

  /** Whether calls are let in. */
  public boolean isOpen() {
    return open;
  }

  /** Has {@code hook} run when nothing is let in any more, before what is in is waited for. */
  public void onDrain(Runnable hook) {
    drainHooks.add(hook);
  }

  /** Whether the server shuts down. */
  public boolean isDraining() {
    return draining;
  }

  /**
   * Lets nothing in from now on and waits for what is.
   *
   * @return whether all ended in time
   */
  public boolean drain(Duration grace) {
    draining = true;
    open = false;
    drainHooks.forEach(Runnable::run);
    long deadline = System.nanoTime() + grace.toNanos();
    while (inFlight.get() > 0) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(DRAIN_POLL_NANOS);
    }
    return true;
  }
}
