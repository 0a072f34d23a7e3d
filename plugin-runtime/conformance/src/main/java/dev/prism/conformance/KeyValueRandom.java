package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Operations at random, whose answers are those of a model in memory. */
public interface KeyValueRandom extends KeyValueFixture {
  /** Callers at once, each with a collection and a model of its own. */
  int WALKERS = 16;

  @Test
  default void operationsAtRandomAreAnsweredAsByAModel() {
    int each = randomOperations() / WALKERS;

    var walked =
        Callers.together(
            WALKERS,
            600,
            walker -> {
              KeyValueWalk walk = new KeyValueWalk(this, newCollection(), new Random(walker));
              for (int i = 0; i < each; i++) {
                walk.step();
              }
              walk.compareAll();
              return each;
            });

    assertThat(walked).hasSize(WALKERS);
  }
}
