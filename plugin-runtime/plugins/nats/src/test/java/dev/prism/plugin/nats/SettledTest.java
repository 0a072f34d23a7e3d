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

    assertThat(settled.between(1, 8)).containsExactly(3, 5);
  }

  @Test
  void theNewestAreRemembered() {
    for (int i = 1; i <= 20_000; i++) {
      settled.add(i);
    }

    assertThat(settled.between(1, 20_000)).hasSize(16_384).startsWith(3617).endsWith(20_000);
  }

  @Test
  void nothingIsLeftAfterClear() {
    settled.add(9);

    settled.clear();

    assertThat(settled.between(1, 100)).isEmpty();
  }
}
