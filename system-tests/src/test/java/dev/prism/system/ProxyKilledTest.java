package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class ProxyKilledTest {
  @Test
  void noAcknowledgedPutIsLostNoProcessIsLeftAndTheSessionGoesOn() throws Exception {
    // Given a proxy under load
    Path data = Prism.newDirectory("proxy-killed");
    String token;
    Puts puts;
    List<Long> plugins;
    try (Prism prism = Prism.up(data)) {
      token = prism.openSession("default");
      puts = Puts.start(prism.keyValueIn(token), 16, 10_000, 5_000);
      Await.until("a third is put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > 3_000);
      plugins = prism.pluginPids();

      // When the proxy is killed
      prism.kill();
      puts.close();
      puts.join();
    }

    // Then its plugins end by themselves
    assertThat(plugins).hasSize(2);
    Await.until(
        "the plugins have ended",
        Duration.ofSeconds(5),
        () -> plugins.stream().noneMatch(Signals::isAlive));
    try (Prism again = Prism.up(data)) {
      System.out.printf(
          "proxy killed: ready %d ms after start, %d acknowledged%n",
          again.startTime().toMillis(), puts.acknowledgedSoFar());
      puts.assertAllThere(again.keyValueIn(token));
    }
  }

  @Test
  void aStoppedPluginDoesNotOutliveTheProxyEither() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("proxy-killed-stopped"))) {
      List<Long> plugins = prism.pluginPids();
      Signals.send("STOP", plugins.getFirst());

      // When
      prism.kill();

      // Then
      Await.until(
          "the plugins have ended",
          Duration.ofSeconds(5),
          () -> plugins.stream().noneMatch(Signals::isAlive));
    }
  }
}
