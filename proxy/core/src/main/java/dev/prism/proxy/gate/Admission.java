package dev.prism.proxy.gate;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Bounds the calls in flight, and lets none in while the server shuts down. One atomic addition
 * each way.
 */
public final class Admission implements Step {
  private static final long DRAIN_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final AtomicInteger inFlight = new AtomicInteger();
  private final int limit;
  private volatile boolean draining;

  /**
   * @param limit calls at once
   */
  public Admission(int limit) {
    this.limit = limit;
  }

  @Override
  public void enter(Passage call) {
    admit();
  }

  @Override
  public void leave(Passage call, int code) {
    release();
  }

  /**
   * Counts a call in, for calls that do not pass the gate.
   *
   * @throws PrismException SHUTTING_DOWN, OVERLOADED
   */
  public void admit() {
    int now = inFlight.incrementAndGet();
    if (draining) {
      release();
      throw PrismException.of(Reason.SHUTTING_DOWN, "The server is shutting down; connect again.");
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

  /** Whether the server shuts down. */
  public boolean draining() {
    return draining;
  }

  /**
   * Lets nothing in from now on and waits for what is.
   *
   * @return whether all ended in time
   */
  public boolean drain(Duration grace) {
    draining = true;
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
