package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.config.v1.BackendType;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.system.PairedReads.Slowest;
import dev.prism.testservers.KafkaServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import dev.prism.testservers.RedisServer;
import dev.prism.type.v1.AccessPattern;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The servers of all backends that have one are stopped (SIGSTOP) for half a minute while messages
 * are published to each.
 */
@Tag("system")
class BackendsStoppedTest {
  private static final int STOPPED_SECONDS = 30;
  private static final int WARM_SECONDS = 10;
  private static final int CALLERS = 4;
  private static final long MOST_GROWTH = 64L << 20;
  private static final double LATENCY_BOUND = 1.2;

  /** A backend, and how its server is stopped and goes on. */
  private record Backend(
      String name,
      BackendType type,
      Map<String, String> settings,
      Runnable pause,
      Runnable resume) {}

  @Test
  void callsEndAtTheirDeadlineMemoryStaysBoundedOthersAreUntouchedAndServiceResumes()
      throws Exception {
    try (PostgresServer postgres = PostgresServer.start(Prism.newDirectory("postgres-server"));
        RedisServer redis = RedisServer.durable(Prism.newDirectory("redis-server"));
        NatsServer nats = NatsServer.startOwn("");
        KafkaServer kafka = KafkaServer.forTests(Prism.newDirectory("kafka-server"))) {
      List<Backend> backends =
          List.of(
              new Backend(
                  "postgres",
                  BackendType.BACKEND_TYPE_POSTGRES,
                  Map.of("DATABASE_URL", postgres.url()),
                  postgres::pause,
                  postgres::resume),
              new Backend(
                  "redis",
                  BackendType.BACKEND_TYPE_REDIS,
                  Map.of("REDIS_URL", redis.url()),
                  redis.process()::pause,
                  redis.process()::resume),
              new Backend(
                  "nats",
                  BackendType.BACKEND_TYPE_NATS,
                  Map.of("NATS_URL", nats.url()),
                  nats.process()::pause,
                  nats.process()::resume),
              new Backend(
                  "kafka",
                  BackendType.BACKEND_TYPE_KAFKA,
                  Map.of("KAFKA_BROKERS", kafka.addresses()),
                  kafka.broker(0)::pause,
                  kafka.broker(0)::resume));
      Map<String, Map<String, String>> settings = new LinkedHashMap<>();
      backends.forEach(each -> settings.put(each.name(), each.settings()));
      settings.put("memory", Map.of());
      try (Prism prism = Prism.upWith(settings);
          Prism twin = Prism.up(Prism.newDirectory("backends-running"))) {
        stopAll(prism, twin, backends);
      }
    }
  }

  private static void stopAll(Prism prism, Prism twin, List<Backend> backends) throws Exception {
    // Given
    KeyValueServiceBlockingStub reads =
        prism.keyValueIn(
            prism
                .openSession(AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_MEMORY)
                .getSessionToken());
    KeyValueServiceBlockingStub twinReads = twin.keyValue("memory");
    reads.put(put());
    twinReads.put(put());
    PairedReads paired = new PairedReads(reads, twinReads, get());
    List<QueueServiceBlockingStub> queues =
        backends.stream().map(each -> QueueTrial.queue(prism, each.type())).toList();
    for (QueueServiceBlockingStub queue : queues) {
      for (int i = 0; i < 500; i++) {
        assertThat(publish(queue)).isEqualTo(Status.Code.OK);
      }
    }
    paired.warm(WARM_SECONDS);
    paired.read(WARM_SECONDS);
    long proxyResident = Signals.residentBytes(prism.pid());
    List<Long> residents = residents(prism, backends);
    List<Long> pids = backends.stream().map(each -> prism.plugin(each.name()).getPid()).toList();

    // When
    backends.forEach(each -> each.pause().run());
    List<StoppedCallers> callers =
        queues.stream()
            .map(each -> each.withInterceptors(StoppedCallers.deadline()))
            .map(each -> new StoppedCallers(CALLERS, () -> publish(each)))
            .toList();
    Slowest slowest = paired.read(STOPPED_SECONDS);
    for (StoppedCallers each : callers) {
      each.close();
    }
    List<Long> grown = residents(prism, backends);
    proxyResident = Signals.residentBytes(prism.pid()) - proxyResident;
    backends.forEach(each -> each.resume().run());

    // Then
    System.out.printf(
        "all servers stopped: the memory plugin's p99 %.2f ms, %.2f ms where none is: %.2fx; proxy %+d KiB%n",
        slowest.first() / 1e6, slowest.second() / 1e6, slowest.ratio(), proxyResident / 1024);
    for (int i = 0; i < backends.size(); i++) {
      Backend backend = backends.get(i);
      QueueServiceBlockingStub queue = queues.get(i);
      Duration resumed =
          Await.until(
              backend.name() + " publishes again",
              Duration.ofSeconds(20),
              () -> publish(queue) == Status.Code.OK);
      long[] overruns = callers.get(i).overruns();
      System.out.printf(
          "%s: %d calls ended, 99 in 100 within %d ms of their deadline, the latest %d ms after it; plugin %+d KiB, %d MiB; resumed after %d ms%n",
          backend.name(),
          overruns.length,
          overruns[overruns.length * 99 / 100],
          overruns[overruns.length - 1],
          (grown.get(i) - residents.get(i)) / 1024,
          grown.get(i) >> 20,
          resumed.toMillis());
      assertThat(callers.get(i).ended())
          .as(backend.name())
          .extracting(StoppedCallers.Ended::code)
          .isSubsetOf(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
      assertThat(overruns[overruns.length * 99 / 100]).as(backend.name()).isLessThan(250);
      assertThat(overruns[overruns.length - 1])
          .as(backend.name())
          .isLessThan(StoppedCallers.DEADLINE_MILLIS);
      assertThat(grown.get(i) - residents.get(i)).as(backend.name()).isLessThan(MOST_GROWTH);
      assertThat(resumed).as(backend.name()).isLessThan(Duration.ofSeconds(2));
      assertThat(prism.plugin(backend.name()).getPid())
          .as(backend.name() + "'s plugin was not restarted")
          .isEqualTo(pids.get(i));
    }
    assertThat(proxyResident).isLessThan(MOST_GROWTH);
    assertThat(slowest.ratio()).isLessThan(LATENCY_BOUND);
  }

  private static List<Long> residents(Prism prism, List<Backend> backends) throws IOException {
    List<Long> residents = new ArrayList<>();
    for (Backend backend : backends) {
      residents.add(Signals.residentBytes(prism.plugin(backend.name()).getPid()));
    }
    return residents;
  }

  private static Status.Code publish(QueueServiceBlockingStub queue) {
    try {
      queue.publish(
          PublishRequest.newBuilder()
              .setTopic("stopped")
              .setMessage(Message.newBuilder().setPayload(ByteString.copyFrom(new byte[256])))
              .build());
      return Status.Code.OK;
    } catch (StatusRuntimeException refused) {
      return refused.getStatus().getCode();
    }
  }

  private static PutRequest put() {
    return PutRequest.newBuilder()
        .setCollection("stopped")
        .setKey("before")
        .setValue(ByteString.copyFromUtf8("value"))
        .build();
  }

  private static GetRequest get() {
    return GetRequest.newBuilder().setCollection("stopped").setKey("before").build();
  }
}
