package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reads at random while rows come and go, whose answers are those of a model in memory. */
public interface ReaderRandom extends ReaderFixture {
  /** Callers at once, each with a table and a model of its own. */
  int WALKERS = 8;

  @Test
  default void readsAtRandomAreAnsweredAsByAModel() {
    int each = randomOperations() / WALKERS;

    var walked =
        Callers.together(
            WALKERS,
            900,
            walker -> {
              ReaderWalk walk = new ReaderWalk(this, new Random(walker));
              for (int i = 0; i < each; i++) {
                walk.step();
              }
              return each;
            });

    assertThat(walked).hasSize(WALKERS);
  }
}
