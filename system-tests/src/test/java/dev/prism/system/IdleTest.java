package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class IdleTest {
  private static final long SECONDS = 10;
  private static final int SETTLE_SECONDS = 30;

  @Test
  void anIdleProxyAndItsPluginsUseLittleMemoryAndNoProcessor() throws Exception {
    // Given a proxy that has done some work
    try (Prism prism = Prism.up(Prism.newDirectory("idle"))) {
      for (String config : new String[] {"default", "memory"}) {
        KeyValueServiceBlockingStub client = prism.keyValue(config);
        for (int n = 0; n < 2_000; n++) {
          client.put(
              PutRequest.newBuilder()
                  .setCollection("idle")
                  .setKey("key-" + n)
                  .setValue(ByteString.copyFrom(new byte[256]))
                  .build());
          client.get(GetRequest.newBuilder().setCollection("idle").setKey("key-" + n).build());
        }
      }
      Map<String, Long> pids = new LinkedHashMap<>();
      pids.put("proxy", prism.pid());
      pids.put("sqlite", prism.plugin("sqlite").getPid());
      pids.put("memory", prism.plugin("memory").getPid());

      settle(prism.pid());

      // When nothing happens for a while
      Map<String, Double> before = new LinkedHashMap<>();
      for (var entry : pids.entrySet()) {
        before.put(entry.getKey(), Signals.cpuSeconds(entry.getValue()));
      }
      Thread.sleep(SECONDS * 1000); // the time itself is what is measured

      // Then
      for (var entry : pids.entrySet()) {
        double percent =
            (Signals.cpuSeconds(entry.getValue()) - before.get(entry.getKey())) / SECONDS * 100;
        long resident = Signals.residentBytes(entry.getValue()) >> 20;
        System.out.printf(
            "idle %s: %d MiB resident, %.2f %% CPU%n", entry.getKey(), resident, percent);
        assertThat(percent).as("CPU of " + entry.getKey()).isLessThan(1.0);
        assertThat(resident)
            .as("MiB of " + entry.getKey())
            .isLessThan(entry.getKey().equals("proxy") ? 200 : 100);
      }
    }
  }

  /** Waits until the compilers have done with what was called: they lag on a busy machine. */
  private static void settle(long pid) throws Exception {
    for (int i = 0; i < SETTLE_SECONDS; i++) {
      double before = Signals.cpuSeconds(pid);
      Thread.sleep(1000); // a second's use is what is measured
      if (Signals.cpuSeconds(pid) - before < 0.02) {
        return;
      }
    }
  }
}
