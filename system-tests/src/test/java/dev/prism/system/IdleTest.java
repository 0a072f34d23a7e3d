package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class IdleTest {
  private static final long SECONDS = 10;
  private static final int WINDOWS = 3;
  private static final int QUIET_SECONDS = 3;
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

      settle(pids.values());

      // When nothing happens for a while
      List<Map<String, Double>> windows = new ArrayList<>();
      for (int window = 0; window < WINDOWS; window++) {
        Map<String, Double> before = cpuSeconds(pids);
        Thread.sleep(SECONDS * 1000); // the time itself is what is measured
        Map<String, Double> after = cpuSeconds(pids);
        after.replaceAll((name, seconds) -> (seconds - before.get(name)) / SECONDS * 100);
        windows.add(after);
      }

      // Then: the middle window, since a late compilation falls into one and idle work into all
      for (var entry : pids.entrySet()) {
        double percent =
            windows.stream()
                .map(window -> window.get(entry.getKey()))
                .sorted()
                .toList()
                .get(WINDOWS / 2);
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
  private static void settle(Collection<Long> pids) throws Exception {
    int quiet = 0;
    for (int i = 0; i < SETTLE_SECONDS && quiet < QUIET_SECONDS; i++) {
      double before = total(pids);
      Thread.sleep(1000); // a second's use is what is measured
      quiet = total(pids) - before < 0.04 ? quiet + 1 : 0;
    }
  }

  private static double total(Collection<Long> pids) throws Exception {
    double seconds = 0;
    for (long pid : pids) {
      seconds += Signals.cpuSeconds(pid);
    }
    return seconds;
  }

  private static Map<String, Double> cpuSeconds(Map<String, Long> pids) throws Exception {
    Map<String, Double> seconds = new LinkedHashMap<>();
    for (var entry : pids.entrySet()) {
      seconds.put(entry.getKey(), Signals.cpuSeconds(entry.getValue()));
    }
    return seconds;
  }
}
