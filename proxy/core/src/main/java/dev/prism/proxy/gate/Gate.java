package dev.prism.proxy.gate;

import java.util.List;

/** The chain of steps, in order. Immutable, and safe for any thread. */
public final class Gate {
  private final Step[] steps;

  public Gate(List<Step> steps) {
    this.steps = steps.toArray(Step[]::new);
  }

  /**
   * Lets a call pass every step.
   *
   * @throws dev.prism.status.PrismException where a step refuses; {@link #leave} is still to be
   *     called
   */
  public void enter(Passage call) {
    for (Step step : steps) {
      step.enter(call);
      call.entered++;
    }
  }

  /** The call is over: the steps that it passed are told, the last one first. */
  public void leave(Passage call, int code) {
    while (call.entered > 0) {
      call.entered--;
      steps[call.entered].leave(call, code);
    }
  }
}
