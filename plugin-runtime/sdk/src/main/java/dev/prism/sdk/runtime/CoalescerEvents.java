package dev.prism.sdk.runtime;

import java.util.List;

/**
 * What a {@link Coalescer} tells of its batches and calls. Called on the thread that runs the
 * batch; {@link #failed} also on one that puts a batch together. Must not block for long.
 */
interface CoalescerEvents<Q, R> {
  /**
   * The batch goes to the backend now.
   *
   * @return now, on {@link System#nanoTime()}'s clock
   */
  long sending(List<Work<Q, R>> batch);

  /** The backend has returned, or thrown. */
  void returned(List<Work<Q, R>> batch, long startedNanos);

  /** The batch failed as a whole and is tried again one by one. */
  void isolating(List<Work<Q, R>> batch, Throwable failure);

  /**
   * Runs {@code answers}, which are those of several calls: {@link #answered} or {@link #failed} of
   * each.
   */
  void together(List<Work<Q, R>> calls, Runnable answers);

  /** The call is done: answer it. What this throws becomes the call's failure. */
  void answered(Work<Q, R> work, R result);

  /** The call failed: answer it. Must not throw. */
  void failed(Work<Q, R> work, Throwable failure);
}
