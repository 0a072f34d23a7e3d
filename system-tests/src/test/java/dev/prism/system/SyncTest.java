package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.prism.config.v1.BackendType;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An acknowledgement waits for the disk (hazard 24): the disk is slowed down and broken under a
 * running plugin.
 */
@Tag("system")
class SyncTest {
  @BeforeAll
  static void needsStrace() {
    boolean found = Files.isExecutable(Path.of("/usr/bin/strace"));
    if ("true".equals(System.getenv("CI"))) {
      assertThat(found).as("strace, which CI must have").isTrue();
    }
    assumeTrue(found, "strace is not installed");
  }

  @Test
  void aPutTakesAsLongAsItsSync() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("sync-slow"))) {
      KeyValueServiceBlockingStub client = prism.keyValue("default");
      client.put(put("a", "warm"));
      long[] millis = new long[10];

      // When every fdatasync takes 100 ms longer
      try (Injection slow =
          Injection.into(prism.plugin("sqlite").getPid(), "fdatasync,fsync:delay_enter=100000")) {
        slow.awaitAttached();
        for (int i = 0; i < millis.length; i++) {
          long begun = System.nanoTime();
          client.withDeadlineAfter(10, TimeUnit.SECONDS).put(put("a", "slow " + i));
          millis[i] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        }
      }

      // Then
      System.out.printf(
          "fdatasync delayed by 100 ms: puts took %s ms%n", java.util.Arrays.toString(millis));
      assertThat(java.util.Arrays.stream(millis).min().orElseThrow()).isGreaterThanOrEqualTo(100);
      assertThat(read(client, "a")).isEqualTo("slow 9");
    }
  }

  @Test
  void aPutWhoseSyncFailsFailsAndTheOldValueIsRead() throws Exception {
    // Given
    Path data = Prism.newDirectory("sync-broken");
    StatusRuntimeException refused;
    try (Prism prism = Prism.up(data)) {
      KeyValueServiceBlockingStub client = prism.keyValue("default");
      client.put(put("a", "old"));

      // When fdatasync fails
      try (Injection broken =
          Injection.into(prism.plugin("sqlite").getPid(), "fdatasync,fsync:error=EIO")) {
        broken.awaitAttached();
        refused =
            catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.withDeadlineAfter(10, TimeUnit.SECONDS).put(put("a", "new")));
      }

      // Then
      System.out.println("fdatasync fails: put answered " + refused.getStatus());
      Await.until("the plugin serves again", Duration.ofSeconds(10), () -> reads(client));
      assertThat(read(client, "a")).isEqualTo("old");
      client.withDeadlineAfter(10, TimeUnit.SECONDS).put(put("b", "after"));
      assertThat(read(client, "b")).isEqualTo("after");
      assertThat(prism.terminate()).isZero();
    }
    try (Prism again = Prism.up(data)) {
      KeyValueServiceBlockingStub client = again.keyValue("default");
      assertThat(read(client, "a")).isEqualTo("old");
      assertThat(read(client, "b")).isEqualTo("after");
    }
  }

  @Test
  void aMessageTakesAsLongAsItsSync() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("sync-slow-queue"))) {
      QueueServiceBlockingStub client = QueueTrial.queue(prism, BackendType.BACKEND_TYPE_SQLITE);
      client.publish(message("warm"));
      long[] millis = new long[5];

      // When every fdatasync takes 100 ms longer
      try (Injection slow =
          Injection.into(prism.plugin("sqlite").getPid(), "fdatasync,fsync:delay_enter=100000")) {
        slow.awaitAttached();
        for (int i = 0; i < millis.length; i++) {
          long begun = System.nanoTime();
          client.withDeadlineAfter(10, TimeUnit.SECONDS).publish(message("slow " + i));
          millis[i] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        }
      }

      // Then
      assertThat(java.util.Arrays.stream(millis).min().orElseThrow()).isGreaterThanOrEqualTo(100);
      assertThat(readAll(client)).hasSize(6).endsWith("slow 4");
    }
  }

  @Test
  void aMessageWhoseSyncFailsIsRefusedAndNeverDelivered() throws Exception {
    // Given
    Path data = Prism.newDirectory("sync-broken-queue");
    try (Prism prism = Prism.up(data)) {
      QueueServiceBlockingStub client = QueueTrial.queue(prism, BackendType.BACKEND_TYPE_SQLITE);
      client.publish(message("before"));

      // When fdatasync fails
      StatusRuntimeException refused;
      try (Injection broken =
          Injection.into(prism.plugin("sqlite").getPid(), "fdatasync,fsync:error=EIO")) {
        broken.awaitAttached();
        refused =
            catchThrowableOfType(
                StatusRuntimeException.class,
                () -> client.withDeadlineAfter(10, TimeUnit.SECONDS).publish(message("lost")));
      }

      // Then
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      client.withDeadlineAfter(10, TimeUnit.SECONDS).publish(message("after"));
      assertThat(readAll(client)).containsExactly("before", "after");
      assertThat(prism.terminate()).isZero();
    }
    try (Prism again = Prism.up(data)) {
      assertThat(readAll(QueueTrial.queue(again, BackendType.BACKEND_TYPE_SQLITE)))
          .containsExactly("before", "after");
    }
  }

  private static PublishRequest message(String payload) {
    return PublishRequest.newBuilder()
        .setTopic("sync")
        .setMessage(Message.newBuilder().setPayload(ByteString.copyFromUtf8(payload)))
        .build();
  }

  /** The payloads of the topic, from its beginning until no further message waits. */
  private static List<String> readAll(QueueServiceBlockingStub client) {
    Iterator<SubscribeResponse> responses =
        client
            .withDeadlineAfter(10, TimeUnit.SECONDS)
            .subscribe(
                SubscribeRequest.newBuilder()
                    .setSubscription(
                        Subscription.newBuilder()
                            .setTopic("sync")
                            .setPosition(StartPosition.START_POSITION_EARLIEST))
                    .build());
    List<String> payloads = new ArrayList<>();
    boolean caughtUp = false;
    while (!caughtUp) {
      SubscribeResponse response = responses.next();
      response
          .getDeliveriesList()
          .forEach(each -> payloads.add(each.getMessage().getPayload().toStringUtf8()));
      caughtUp = response.getCaughtUp();
    }
    return payloads;
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.newBuilder()
        .setCollection("sync")
        .setKey(key)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static boolean reads(KeyValueServiceBlockingStub client) {
    try {
      read(client, "a");
      return true;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }

  private static String read(KeyValueServiceBlockingStub client, String key) {
    return client
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .get(GetRequest.newBuilder().setCollection("sync").setKey(key).build())
        .getItem()
        .getValue()
        .toStringUtf8();
  }

  /** Faults injected into the system calls of a running process. */
  private record Injection(Process strace, Path log) implements AutoCloseable {
    static Injection into(long pid, String fault) throws Exception {
      Path log = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "strace-", ".log");
      String calls = fault.substring(0, fault.indexOf(':'));
      Process strace =
          new ProcessBuilder(
                  "strace",
                  "-f",
                  "-p",
                  Long.toString(pid),
                  "-e",
                  "trace=" + calls,
                  "-e",
                  "inject=" + fault)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new Injection(strace, log);
    }

    void awaitAttached() {
      Await.until(
          "strace is attached",
          Duration.ofSeconds(10),
          () -> {
            try {
              return Files.readString(log).contains("attached");
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
    }

    @Override
    public void close() throws InterruptedException {
      strace.destroy();
      strace.waitFor();
    }
  }
}
