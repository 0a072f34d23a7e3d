package dev.prism.proxy.gate;

import dev.prism.status.PrismException;

/**
 * One thing that every data call passes. Called on the call's own virtual thread, for many calls at
 * once: an implementation has no state but what is safe for that, and takes no lock.
 */
public interface Step {
  /**
   * Lets the call pass, and notes on it what later steps need.
   *
   * @throws PrismException to refuse the call; no later step sees it
   */
  void enter(Passage call);

  /** One that holds something for a call until it is over. */
  interface Holding extends Step {
    /**
     * The call is over. Called once for each call that this step let pass, the last step first.
     * Must not throw.
     *
     * @param code the status code's number that the client gets
     */
    void leave(Passage call, int code);
  }
}
