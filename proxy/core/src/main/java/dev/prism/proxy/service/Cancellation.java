package dev.prism.proxy.service;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Decides who ends a call: its own thread, or whoever cancels it. The thread may be interrupted
 * only while it waits; one that writes to the client must not be, for the whole connection would be
 * closed (hazard 1).
 */
final class Cancellation {
  private enum State {
    /** The call's thread has not begun. */
    NEW,
    /** It may be interrupted. */
    WAITING,
    /** It writes to the client. */
    WRITING,
    /** It is about to be interrupted. */
    INTERRUPTING,
    /** Nobody waits for the answer. */
    CANCELLED,
    /** The call's thread has ended it. */
    DONE
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
  private volatile Thread thread = Thread.currentThread();

  /**
   * The call's thread begins to wait.
   *
   * @return false where the call was cancelled
   */
  boolean begin() {
    thread = Thread.currentThread();
    return state.compareAndSet(State.NEW, State.WAITING);
  }

  /**
   * The call's thread is about to write, and goes on after that; false where the call was
   * cancelled.
   */
  boolean beginWrite() {
    return leaveWaiting(State.WRITING);
  }

  /** The call's thread has written; false where the call was cancelled meanwhile. */
  boolean endWrite() {
    return state.compareAndSet(State.WRITING, State.WAITING);
  }

  /** The call's thread is about to write its last; false where the call was cancelled. */
  boolean finish() {
    return leaveWaiting(State.DONE);
  }

  /** Cancels the call where it has not ended. Never blocks; for any thread. */
  void cancel() {
    while (true) {
      State now = state.get();
      switch (now) {
        case NEW, WRITING -> {
          if (state.compareAndSet(now, State.CANCELLED)) {
            return;
          }
        }
        case WAITING -> {
          if (state.compareAndSet(State.WAITING, State.INTERRUPTING)) {
            thread.interrupt();
            state.set(State.CANCELLED);
            return;
          }
        }
        case INTERRUPTING, CANCELLED, DONE -> {
          return;
        }
      }
    }
  }

  private boolean leaveWaiting(State next) {
    if (state.compareAndSet(State.WAITING, next)) {
      return true;
    }
    while (state.get() == State.INTERRUPTING) {
      Thread.onSpinWait(); // a few instructions of the canceller
    }
    Thread.interrupted();
    return false;
  }
}
