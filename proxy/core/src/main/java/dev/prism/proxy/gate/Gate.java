package dev.prism.proxy.gate;

import java.util.List;
import java.util.stream.IntStream;

/** The chain of steps, in order. Immutable, and safe for any thread. */
public final class Gate {
  private final Step[] steps;

  /** Those that are told of a call's end, and the place of each in the chain. */
  private final Step.Holding[] holding;

  private final int[] places;

  public Gate(List<Step> chain) {
    steps = chain.toArray(Step[]::new);
    places =
        IntStream.range(0, steps.length)
            .filter(place -> steps[place] instanceof Step.Holding)
            .toArray();
    holding =
        IntStream.of(places)
            .mapToObj(place -> (Step.Holding) steps[place])
            .toArray(Step.Holding[]::new);
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
    int entered = call.entered;
    call.entered = 0;
    for (int i = holding.length - 1; i >= 0; i--) {
      if (places[i] < entered) {
        holding[i].leave(call, code);
      }
    }
  }
}
