package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A loaded proxy, seen by Flight Recorder: nobody waits for a lock of ours on the path of a call.
 */
@Tag("system")
class ProfileTest {
  private static final int CALLERS = 64;
  private static final long SECONDS = 10;

  @Test
  void aLoadedProxyShowsNoContentionNoPinnedThreadAndNoLockOfOurs() throws Exception {
    // Given a proxy under load from 64 callers
    try (Prism prism = Prism.up(Prism.newDirectory("profile"))) {
      Path settings = Prism.HOME.resolve("system-tests/target/profile.jfc");
      Files.writeString(settings, SETTINGS);
      Path file = Prism.HOME.resolve("system-tests/target/profile.jfr");
      Files.deleteIfExists(file);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong calls = new AtomicLong();
      List<Thread> callers = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        KeyValueServiceBlockingStub client = prism.keyValue(caller % 2 == 0 ? "memory" : "default");
        String key = "key-" + caller;
        callers.add(Thread.startVirtualThread(() -> load(client, key, stop, calls)));
      }
      Await.until("the proxy is warm", java.time.Duration.ofMinutes(1), () -> calls.get() > 50_000);

      // When it is recorded
      jcmd(prism.pid(), "JFR.start", "name=load", "settings=" + settings);
      long before = calls.get();
      LockSupport.parkNanos(SECONDS * 1_000_000_000L); // the load itself is what is recorded
      long during = calls.get() - before;
      jcmd(prism.pid(), "JFR.stop", "name=load", "filename=" + file);
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }

      // Then
      List<String> contended = new ArrayList<>();
      List<String> pinned = new ArrayList<>();
      List<String> locks = new ArrayList<>();
      int samples = 0;
      int inPrism = 0;
      for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
        List<RecordedFrame> frames =
            event.getStackTrace() == null ? List.of() : event.getStackTrace().getFrames();
        switch (event.getEventType().getName()) {
          case "jdk.JavaMonitorEnter" -> {
            if (isOurs(frames)) {
              contended.add(event.toString());
            }
          }
          case "jdk.VirtualThreadPinned" -> pinned.add(event.toString());
          case "jdk.ExecutionSample" -> {
            samples++;
            inPrism +=
                frames.stream().anyMatch(frame -> type(frame).startsWith("dev.prism.")) ? 1 : 0;
            if (isLock(frames) && isOurs(frames) && !isSupervisor(frames)) {
              locks.add(event.toString());
            }
          }
          default -> {}
        }
      }
      System.out.printf(
          "profile of %d calls in %d s: %d samples, %d with Prism's code on the stack, %d in a lock of its own; %d contended monitors of ours; %d pinned virtual threads%n",
          during, SECONDS, samples, inPrism, locks.size(), contended.size(), pinned.size());
      assertThat(samples).isGreaterThan(100);
      assertThat(inPrism).isGreaterThan(10);
      assertThat(contended).isEmpty();
      assertThat(pinned).isEmpty();
      assertThat(locks).isEmpty();
    }
  }

  private static void load(
      KeyValueServiceBlockingStub client, String key, AtomicBoolean stop, AtomicLong calls) {
    PutRequest put =
        PutRequest.newBuilder()
            .setCollection("profile")
            .setKey(key)
            .setValue(ByteString.copyFrom(new byte[256]))
            .build();
    GetRequest get = GetRequest.newBuilder().setCollection("profile").setKey(key).build();
    while (!stop.get()) {
      client.put(put);
      client.get(get);
      calls.addAndGet(2);
    }
  }

  /** Whether the sample was taken in a lock, or in the work of getting or giving one back. */
  private static boolean isLock(List<RecordedFrame> frames) {
    return frames.stream()
        .takeWhile(frame -> isJdk(type(frame)))
        .map(ProfileTest::type)
        .anyMatch(
            type ->
                type.startsWith("java.util.concurrent.locks.Abstract")
                    || type.startsWith("java.util.concurrent.locks.ReentrantLock")
                    || type.equals("java.util.concurrent.Semaphore"));
  }

  /**
   * Whether the sample is of a thread that waits for a plugin's process to end: on no call's path.
   */
  private static boolean isSupervisor(List<RecordedFrame> frames) {
    return frames.stream()
        .anyMatch(
            frame ->
                type(frame).equals("dev.prism.proxy.plugin.SupervisedPlugin")
                    && frame.getMethod().getName().equals("supervise"));
  }

  /**
   * Whether Prism's code is what called the JDK: the listener's own locks are another project's.
   */
  private static boolean isOurs(List<RecordedFrame> frames) {
    return frames.stream()
        .map(ProfileTest::type)
        .filter(type -> !isJdk(type))
        .findFirst()
        .filter(type -> type.startsWith("dev.prism."))
        .isPresent();
  }

  private static boolean isJdk(String type) {
    return type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("sun.");
  }

  private static String type(RecordedFrame frame) {
    return frame.getMethod().getType().getName();
  }

  private static void jcmd(long pid, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin/jcmd").toString(), "" + pid));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
  }

  private static final String SETTINGS =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <configuration version="2.0">
        <event name="jdk.ExecutionSample"><setting name="enabled">true</setting><setting name="period">5 ms</setting></event>
        <event name="jdk.JavaMonitorEnter"><setting name="enabled">true</setting><setting name="stackTrace">true</setting><setting name="threshold">0 ns</setting></event>
        <event name="jdk.VirtualThreadPinned"><setting name="enabled">true</setting><setting name="stackTrace">true</setting><setting name="threshold">0 ns</setting></event>
        <event name="jdk.ObjectAllocationSample"><setting name="enabled">true</setting><setting name="stackTrace">true</setting><setting name="throttle">500/s</setting></event>
      </configuration>
      """;
}
