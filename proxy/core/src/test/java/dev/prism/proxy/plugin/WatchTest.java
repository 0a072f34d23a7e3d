package dev.prism.proxy.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.link.Link;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Watch watch = new Watch(Duration.ofSeconds(60));

  @Test
  void aPluginIsReadySinceItsFirstYes() {
    watch.saw(Link.State.UP, false, 0);
    watch.saw(Link.State.UP, true, SECOND);
    watch.saw(Link.State.UP, false, 2 * SECOND);
    assertThat(watch.wasReady()).isTrue();
    assertThat(watch.readyFor(11 * SECOND)).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void aPluginThatWasNeverReadyWasReadyForNoTime() {
    watch.saw(Link.State.UP, false, 0);
    assertThat(watch.readyFor(90 * SECOND)).isZero();
  }

  @Test
  void aPluginThatGivesNoHeartbeatForTheConfiguredTimeHasStalledTooLong() {
    watch.saw(Link.State.STALLED, false, 0);
    watch.saw(Link.State.STALLED, false, 59 * SECOND);
    assertThat(watch.stalledTooLong(59 * SECOND)).isFalse();
    assertThat(watch.stalledTooLong(60 * SECOND)).isTrue();
  }

  @Test
  void aHeartbeatInBetweenStartsTheCountAnew() {
    watch.saw(Link.State.STALLED, false, 0);
    watch.saw(Link.State.UP, true, 50 * SECOND);
    watch.saw(Link.State.STALLED, false, 51 * SECOND);
    assertThat(watch.stalledTooLong(100 * SECOND)).isFalse();
  }

  @Test
  void aBackendThatIsNotReadyIsNoStall() {
    watch.saw(Link.State.UP, false, 0);
    assertThat(watch.stalledTooLong(1000 * SECOND)).isFalse();
  }
}
