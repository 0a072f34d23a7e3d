package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.system.PairedReads.Slowest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two proxies, read in the same seconds; the SQLite plugin of each in turn is stopped for half a
 * minute. What the machine does besides meets both proxies alike, and what makes one of them the
 * faster one counts once for and once against it.
 */
@Tag("system")
class PluginStoppedTest {
  private static final int STOPPED_SECONDS = 30;
  private static final int WARM_SECONDS = 10;
  private static final int CALLERS = 8;

  /** Most that the other plugin's 99th percentile may grow while its neighbour is stopped. */
  private static final double LATENCY_BOUND = 1.2;

  /**
   * Most that a stopped plugin may cost its proxy, in processors; the twin would suffer with it.
   */
  private static final double PROCESSOR_BOUND = 0.2;

  @Test
  void callsEndAtTheirDeadlineOthersAreUntouchedAndServiceResumes() throws Exception {
    // Given two proxies that are warm
    try (Prism one = Prism.up(Prism.newDirectory("plugin-stopped"));
        Prism two = Prism.up(Prism.newDirectory("plugin-stopped"))) {
      KeyValueServiceBlockingStub first = one.keyValue("memory");
      KeyValueServiceBlockingStub second = two.keyValue("memory");
      first.put(put("before"));
      second.put(put("before"));
      PairedReads reads = new PairedReads(first, second, get("before"));
      reads.warm(WARM_SECONDS);
      reads.read(WARM_SECONDS);

      // When
      Slowest firstStopped = readWhileStopped(one, two, reads);
      Slowest secondStopped = readWhileStopped(two, one, reads);

      // Then
      double ratio = Math.sqrt(firstStopped.ratio() / secondStopped.ratio());
      System.out.printf(
          "memory plugin's p99, sqlite plugin stopped / not: %.2f / %.2f ms, then %.2f / %.2f ms: %.2fx%n",
          firstStopped.first() / 1e6,
          firstStopped.second() / 1e6,
          secondStopped.second() / 1e6,
          secondStopped.first() / 1e6,
          ratio);
      assertThat(ratio).isLessThan(LATENCY_BOUND);
    }
  }

  /**
   * Stops a plugin of {@code prism} for half a minute under calls, asserts how they end and what
   * comes after.
   *
   * @return what the slowest reads of the other plugin took meanwhile
   */
  private static Slowest readWhileStopped(Prism prism, Prism twin, PairedReads reads)
      throws Exception {
    KeyValueServiceBlockingStub sqlite =
        prism.keyValueOnOwnConnection("default").withInterceptors(StoppedCallers.deadline());
    sqlite.put(put("before"));
    // Loads what a refusal takes in this process, whose time would count as the proxy's
    assertThatThrownBy(() -> sqlite.get(GetRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    long pid = prism.plugin("sqlite").getPid();
    long resident = Signals.residentBytes(prism.pid());
    double processor = extraProcessor(prism, twin);

    Signals.send("STOP", pid);
    long stopped = System.nanoTime();
    StoppedCallers callers = new StoppedCallers(CALLERS, () -> put(sqlite).getCode());
    Slowest slowest;
    try (callers) {
      slowest = reads.read(STOPPED_SECONDS);
    }
    double seconds = (System.nanoTime() - stopped) / 1e9;
    processor = (extraProcessor(prism, twin) - processor) / seconds;
    resident = Signals.residentBytes(prism.pid()) - resident;
    Signals.send("CONT", pid);
    Duration resumed =
        Await.until("a put is answered", Duration.ofSeconds(20), () -> put(sqlite).isOk());

    long[] overruns = callers.overruns();
    long usual = overruns[overruns.length * 99 / 100];
    long latest = overruns[overruns.length - 1];
    System.out.printf(
        "plugin stopped for %.0f s: %d calls ended, 99 in 100 within %d ms of their deadline, the latest %d ms after it; proxy %+d KiB, %+.3f processors; resumed after %d ms%n",
        seconds, overruns.length, usual, latest, resident / 1024, processor, resumed.toMillis());
    assertThat(callers.ended())
        .extracting(StoppedCallers.Ended::code)
        .containsOnly(Status.Code.DEADLINE_EXCEEDED);
    assertThat(usual).isLessThan(250);
    assertThat(latest)
        .as("a machine's hiccup, not a wait")
        .isLessThan(StoppedCallers.DEADLINE_MILLIS);
    assertThat(resident).isLessThan(64L << 20);
    assertThat(processor).isLessThan(PROCESSOR_BOUND);
    assertThat(resumed).isLessThan(Duration.ofSeconds(2));
    assertThat(prism.plugin("sqlite").getPid()).as("it was not restarted").isEqualTo(pid);
    assertThat(sqlite.get(get("before")).getItem().getValue().toStringUtf8()).isEqualTo("value");
    return slowest;
  }

  /** Processor seconds that {@code prism} has used and its twin has not. */
  private static double extraProcessor(Prism prism, Prism twin) throws IOException {
    return Signals.cpuSeconds(prism.pid()) - Signals.cpuSeconds(twin.pid());
  }

  private static PutRequest put(String key) {
    return PutRequest.newBuilder()
        .setCollection("stopped")
        .setKey(key)
        .setValue(ByteString.copyFromUtf8("value"))
        .build();
  }

  private static GetRequest get(String key) {
    return GetRequest.newBuilder().setCollection("stopped").setKey(key).build();
  }

  private static Status put(KeyValueServiceBlockingStub client) {
    try {
      client.put(put("during"));
      return Status.OK;
    } catch (StatusRuntimeException refused) {
      return refused.getStatus();
    }
  }
}
