package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is remembered of acknowledgements. */
class SettledTest {
  private final Settled settled = new Settled();

  @Test
  void whatWasAcknowledgedIsFoundInItsOrder() {
    settled.add(9);
    settled.add(3);
    settled.add(5);

    assertThat(settled.between(1, 8, 10)).containsExactly(3, 5);
    assertThat(settled.between(1, 9, 2)).containsExactly(3, 5);
    assertThat(settled.between(6, 100, 10)).containsExactly(9);
  }

  @Test
  void theNewestMillionIsRemembered() {
    for (int i = 1; i <= 1_100_000; i += 100) {
      settled.add(i);
    }
    settled.add(1);

    long[] found = settled.between(1, 2_000_000, 20_000);

    assertThat(found).hasSizeBetween(10_400, 10_500).endsWith(1_099_901);
    assertThat(found[0]).isGreaterThan(51_000);
  }

  @Test
  void aPlaceFarAheadForgetsWhatWasBefore() {
    settled.add(70);

    settled.add(70 + 10_000_000);

    assertThat(settled.between(1, Long.MAX_VALUE, 10)).containsExactly(10_000_070);
  }

  @Test
  void nothingIsLeftAfterClear() {
    settled.add(9);

    settled.clear();

    assertThat(settled.between(1, 100, 10)).isEmpty();
    settled.add(5);
    assertThat(settled.between(1, 100, 10)).containsExactly(5);
  }
}
