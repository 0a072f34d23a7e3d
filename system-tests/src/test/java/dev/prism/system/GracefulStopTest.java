package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("system")
class GracefulStopTest {
  /**
   * What a JVM says, exiting with 1, that is told to stop in the few milliseconds in which it has
   * its signal handler and not yet its module system. No line of ours has run by then.
   */
  private static final String JVM_IN_ITS_OWN_START = "Error occurred during initialization of VM";

  @Test
  void sigtermFinishesWhatIsInFlightExitsZeroAndLeavesNoProcess() throws Exception {
    // Given a proxy under load
    try (Prism prism = Prism.up(Prism.newDirectory("stop"))) {
      List<Long> plugins = prism.pluginPids();
      Puts puts = Puts.start(prism.keyValue("default"), 16, 100_000, 5_000);
      Await.until("some are put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > 1_000);

      // When
      int status = prism.terminate();
      puts.close();
      puts.join();

      // Then no call that had been taken was dropped
      assertThat(status).isZero();
      assertThat(plugins).hasSize(2).noneMatch(Signals::isAlive);
      assertThat(puts.refusals())
          .allSatisfy(
              refusal -> {
                assertThat(refusal.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(refusal.getDescription()).doesNotContain("OUTCOME_UNKNOWN");
              });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 600, 800, 1000, 1100, 1200, 1300, 1400, 1500, 1600, 1800, 2000, 2400})
  void aStartThatIsToldToStopEnds(int afterMillis) throws Exception {
    // Given a proxy that is somewhere in its start
    Path directory = Prism.newDirectory("stop-start");
    Path said = directory.resolveSibling(directory.getFileName() + ".log");
    Process process =
        new ProcessBuilder(
                Prism.HOME.resolve("prism").toString(),
                "up",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--data",
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(afterMillis)); // what is varied

    // When
    process.destroy();
    boolean ended = process.waitFor(20, TimeUnit.SECONDS);

    // Then by itself, or by the JVM's own way before it has one
    process.destroyForcibly();
    assertThat(ended).isTrue();
    String output = Files.readString(said);
    if (output.contains(JVM_IN_ITS_OWN_START)) {
      assertThat(process.exitValue()).isEqualTo(1);
    } else {
      assertThat(process.exitValue()).as(output).isIn(0, 143);
    }
  }

  @Test
  void anIdleProxyStopsAtOnce() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("stop-idle"))) {
      long begun = System.nanoTime();

      // When
      int status = prism.terminate();

      // Then
      assertThat(status).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void whatIsLoggedFromTheStartToTheEndIsJsonAndNothingElse() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("log"))) {

      // When
      prism.terminate();

      // Then: no warning of a JVM about its flags, and no trace of a stack, either
      assertThat(prism.log().lines()).isNotEmpty().allMatch(line -> line.startsWith("{"));
    }
  }
}
