package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.link.LinkException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plugin's process dies, stops or goes mad: hazards 12, 13, 15 and 18. */
@Tag("conformance")
@Timeout(60)
class PluginDeathTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final byte[] NOTHING = new byte[0];

  private static Kind outcome(Link link, int operation, Duration timeout) {
    try {
      link.call(header(operation, timeout), NOTHING);
      return null;
    } catch (LinkException e) {
      return e.kind();
    }
  }

  @Test
  void aPluginKilledInTheMiddleOfAWriteFailsItsCallsAtOnceAndTheNextOneServes() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Kind>> waiting = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        waiting.add(callers.submit(() -> outcome(plugin.link, TestPlugin.SILENCE, LONG)));
      }
      PluginProcess.await(() -> plugin.link.stats().inFlight() == 20);

      waiting.add(callers.submit(() -> outcome(plugin.link, TestPlugin.HALT_IN_CLAIM, LONG)));

      plugin.process.waitFor();
      for (Future<Kind> call : waiting) {
        assertThat(call.get(2, TimeUnit.SECONDS)).isEqualTo(Kind.PEER_DIED);
      }
      assertThat(plugin.link.state()).isEqualTo(Link.State.DOWN);
      assertThat(outcome(plugin.link, TestPlugin.ECHO, LONG)).isEqualTo(Kind.DOWN);
      try (PluginProcess next = PluginProcess.start(PluginProcess.CONFIG)) {
        assertThat(outcome(next.link, TestPlugin.ECHO, LONG)).isNull();
      }
    }
  }

  @Test
  void aStoppedPluginIsSeenItsCallsEndAndItServesAgainWhenItGoesOn() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      plugin.signal("STOP");
      List<Future<Kind>> calls = new ArrayList<>();
      for (int i = 0; i < 5000; i++) {
        calls.add(
            callers.submit(() -> outcome(plugin.link, TestPlugin.SILENCE, Duration.ofMillis(500))));
      }

      for (Future<Kind> call : calls) {
        assertThat(call.get(5, TimeUnit.SECONDS)).isIn(Kind.DEADLINE, Kind.FULL);
      }
      assertThat(plugin.link.stats().inFlight()).isLessThanOrEqualTo(1920);
      PluginProcess.await(() -> plugin.link.state() == Link.State.STALLED);
      plugin.signal("CONT");
      long resumed = System.nanoTime();
      PluginProcess.await(() -> plugin.link.state() == Link.State.UP);
      PluginProcess.await(() -> outcome(plugin.link, TestPlugin.ECHO, LONG) == null);
      assertThat(System.nanoTime() - resumed).isLessThan(TimeUnit.SECONDS.toNanos(2));
      PluginProcess.await(() -> plugin.link.stats().inFlight() == 0);
    }
  }

  @Test
  void aFullRequestRingRefusesAtOnce() throws Exception {
    LinkConfig small = new LinkConfig(1 << 20, 400, PluginProcess.BUDGET, false);
    try (PluginProcess plugin = PluginProcess.start(small);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      plugin.signal("STOP");
      byte[] body = new byte[8 << 10];
      CountDownLatch refused = new CountDownLatch(1);
      for (int i = 0; i < 300; i++) {
        String namespace = "tenant-" + i % 4;
        callers.submit(
            () -> {
              try {
                plugin.link.call(header(TestPlugin.ECHO, namespace, LONG), body);
              } catch (LinkException e) {
                if (e.kind() == Kind.FULL) {
                  refused.countDown();
                }
              }
            });
      }
      assertThat(refused.await(5, TimeUnit.SECONDS)).isTrue();

      long before = System.nanoTime();
      assertThatThrownBy(() -> plugin.link.call(header(TestPlugin.ECHO, LONG), body))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FULL));
      assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(1));

      assertThat(plugin.link.stats().requestRingBytes()).isLessThan((1 << 19) + (20 << 10));
      plugin.signal("CONT");
      PluginProcess.await(() -> plugin.link.stats().inFlight() == 0);
      assertThat(outcome(plugin.link, TestPlugin.ECHO, LONG)).isNull();
    }
  }

  @Test
  void aPluginThatWritesGarbageEndsItsOwnLinkOnly() throws Exception {
    try (PluginProcess good = PluginProcess.start(PluginProcess.CONFIG);
        PluginProcess bad =
            PluginProcess.start(PluginProcess.CONFIG, GarbagePlugin.class, "4711")) {
      Kind kind = outcome(bad.link, TestPlugin.ECHO, LONG);

      assertThat(kind).isEqualTo(Kind.PEER_DIED);
      assertThat(bad.link.state()).isEqualTo(Link.State.DOWN);
      assertThat(outcome(bad.link, TestPlugin.ECHO, LONG)).isEqualTo(Kind.DOWN);
      for (int i = 0; i < 100; i++) {
        assertThat(outcome(good.link, TestPlugin.ECHO, LONG)).isNull();
      }
    }
  }

  @Test
  void aLinkThatEndsUnderLoadLeavesNoCallerWaitingAndNoByteHeld() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Kind>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        byte[] body = new byte[i % 8 == 0 ? 300_000 : 200];
        results.add(
            callers.submit(
                () -> {
                  while (true) {
                    try {
                      plugin.link.call(header(TestPlugin.ECHO, LONG), body);
                    } catch (LinkException e) {
                      return e.kind();
                    }
                  }
                }));
      }
      PluginProcess.await(() -> plugin.link.stats().calls() > 2000);

      plugin.process.destroyForcibly();

      for (Future<Kind> result : results) {
        assertThat(result.get(5, TimeUnit.SECONDS)).isIn(Kind.PEER_DIED, Kind.DOWN);
      }
      PluginProcess.await(() -> PluginProcess.BUDGET.used() == 0);
    }
  }

  @Test
  void anInterruptedCallerCancelsItsCallInThePlugin() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG)) {
      Kind[] kind = new Kind[1];
      Thread caller =
          Thread.startVirtualThread(() -> kind[0] = outcome(plugin.link, TestPlugin.SILENCE, LONG));
      PluginProcess.await(() -> plugin.link.stats().inFlight() == 1);

      caller.interrupt();

      caller.join();
      assertThat(kind[0]).isEqualTo(Kind.CANCELLED);
      PluginProcess.await(
          () ->
              ByteBuffer.wrap(plugin.link.call(header(TestPlugin.OVER, LONG), NOTHING)).getInt()
                  == 1);
      PluginProcess.await(() -> plugin.link.stats().inFlight() == 0);
    }
  }

  @Test
  void aReaderThatStopsHoldsUpItsOwnStreamOnly() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG)) {
      byte[] request = ByteBuffer.allocate(8).putInt(1000).putInt(1000).array();
      try (Exchange stream = plugin.link.open(header(TestPlugin.COUNT, LONG), request)) {
        PluginProcess.await(() -> sent(plugin) == StreamInbox.WINDOW_MESSAGES);
        for (int i = 0; i < 200; i++) {
          assertThat(outcome(plugin.link, TestPlugin.ECHO, LONG)).isNull();
        }
        assertThat(sent(plugin)).isEqualTo(StreamInbox.WINDOW_MESSAGES);

        int received = 0;
        while (stream.receive() != null) {
          received++;
        }

        assertThat(received).isEqualTo(1000);
      }
    }
  }

  private static int sent(PluginProcess plugin) throws LinkException {
    return ByteBuffer.wrap(plugin.link.call(header(TestPlugin.SENT, LONG), NOTHING)).getInt();
  }

  @Test
  void anIdleLinkTakesNoProcessorTime() throws Exception {
    try (PluginProcess plugin = PluginProcess.start(PluginProcess.CONFIG)) {
      assertThat(outcome(plugin.link, TestPlugin.ECHO, LONG)).isNull();
      Thread.sleep(500); // what starts with a JVM ends
      Duration before = plugin.process.info().totalCpuDuration().orElseThrow();

      Thread.sleep(3000);

      Duration used = plugin.process.info().totalCpuDuration().orElseThrow().minus(before);
      assertThat(used).isLessThanOrEqualTo(Duration.ofMillis(30));
    }
  }

  @Test
  void aLinkWithoutFutexAndMemoryFileServesToo() throws Exception {
    LinkConfig portable = new LinkConfig(1 << 20, 400, PluginProcess.BUDGET, true);
    try (PluginProcess plugin = PluginProcess.start(portable)) {
      for (int length : new int[] {0, 100, 20_000, 3_000_000}) {
        assertThat(plugin.link.call(header(TestPlugin.ECHO, LONG), new byte[length]))
            .hasSize(length);
      }
    }
  }
}
