package dev.prism.sdk.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SignalsTest {
  private final Signals<String> signals = new Signals<>();

  @Test
  void allThatHoldANameHaveOneSignal() {
    Signal one = signals.of("a");
    Signal other = signals.of("a");

    signals.raise("a");
    signals.raise("b");
    signals.raiseAll();

    assertThat(other).isSameAs(one);
    assertThat(one.count()).isEqualTo(2);
  }

  @Test
  @Timeout(60)
  void namesThatNobodyHoldsAreForgotten() {
    Signal held = signals.of("held");
    for (int i = 0; i < 10_000; i++) {
      assertThat(signals.of("name-" + i).count()).isZero();
    }

    while (signals.size() > 1) {
      System.gc();
      Thread.onSpinWait();
    }

    assertThat(signals.of("held")).isSameAs(held);
    Reference.reachabilityFence(held);
  }
}
