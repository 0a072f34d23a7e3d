package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.prism.config.v1.BackendType;
import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.TableSpec;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingStub;
import dev.prism.transact.v1.Upsert;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.Ack;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How long an event takes from its transaction's commit, which is durable, over the relay and a
 * topic on NATS to its consumer, at 100 transactions a second.
 */
@Tag("system")
class RelayDelayTest {
  private static final int A_SECOND = 100;
  private static final int WARM_UP = 500;
  private static final int SECONDS = 15;

  private static final Duration MOST_AT_THE_MEDIAN = Duration.ofMillis(10);

  /** What is bound on a machine that others keep busy, where a write takes longer too. */
  private static final int MOST_WRITES_LONG = 5;

  private final AtomicLongArray sent = new AtomicLongArray(WARM_UP + A_SECOND * SECONDS);
  private final AtomicLongArray acknowledged = new AtomicLongArray(WARM_UP + A_SECOND * SECONDS);
  private final AtomicLongArray delivered = new AtomicLongArray(WARM_UP + A_SECOND * SECONDS);
  private final AtomicInteger deliveries = new AtomicInteger();

  @Test
  void anEventWrittenInSqliteIsDeliveredSoon() throws Exception {
    Path data = Prism.newDirectory("relay-delay");
    try (NatsServer nats = NatsServer.startOwn("");
        Prism prism = up(data, nats, "sqlite", Map.of())) {
      createTable("jdbc:sqlite:" + data.resolve("outbox/outbox.tables.default.db"), "");

      measure(prism, BackendType.BACKEND_TYPE_SQLITE, "outbox");
    }
  }

  @Test
  void anEventWrittenInPostgresIsDeliveredSoon() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        NatsServer nats = NatsServer.startOwn("");
        Prism prism =
            up(
                Prism.newDirectory("relay-delay"),
                nats,
                "postgres",
                Map.of("DATABASE_URL", server.url()))) {
      createTable(server.jdbcUrl(), "\"default\".");

      measure(prism, BackendType.BACKEND_TYPE_POSTGRES, "outbox");
    }
  }

  @Test
  void anEventWrittenInDynamoDbIsDeliveredSoon() throws Exception {
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        DynamoRows tables = DynamoRows.of(server.settings(), "default.");
        NatsServer nats = NatsServer.startOwn("");
        Prism prism = up(Prism.newDirectory("relay-delay"), nats, "dynamodb", server.settings())) {
      tables.create(
          "orders", new TableSpec(List.of(TableSpec.column("id", Kind.INT64)), List.of("id")));

      measure(prism, BackendType.BACKEND_TYPE_DYNAMODB, "outbox");
    }
  }

  private static Prism up(Path data, NatsServer nats, String outbox, Map<String, String> settings)
      throws Exception {
    return Prism.upFrom(
        data,
        Map.of(
            "control",
            Map.of("backend", "state"),
            "backends",
            Map.of(
                "state", Map.of("type", "sqlite"),
                "outbox", Map.of("type", outbox, "settings", settings),
                "nats", Map.of("type", "nats", "settings", Map.of("NATS_URL", nats.url()))),
            "namespaces",
            Map.of(
                "default",
                Map.of(
                    "mailboxes",
                    Map.of(
                        "events",
                        Map.of(
                            "backend",
                            "outbox",
                            "relay",
                            Map.of("topic", "events", "backend", "nats")))))));
  }

  private static void createTable(String url, String schema) throws Exception {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      if (!schema.isEmpty()) {
        statement.execute("CREATE SCHEMA IF NOT EXISTS \"default\"");
      }
      statement.execute("CREATE TABLE " + schema + "orders (id BIGINT PRIMARY KEY NOT NULL)");
    }
  }

  private void measure(Prism prism, BackendType type, String backend) throws Exception {
    int measured = A_SECOND * SECONDS;
    // Given a consumer
    QueueServiceBlockingStub queue =
        QueueServiceGrpc.newBlockingStub(prism.channel())
            .withInterceptors(
                Prism.session(
                    prism
                        .openSession(
                            AccessPattern.ACCESS_PATTERN_QUEUE, BackendType.BACKEND_TYPE_NATS)
                        .getSessionToken()));
    TransactServiceBlockingStub transact =
        TransactServiceGrpc.newBlockingStub(prism.channel())
            .withInterceptors(
                Prism.session(
                    prism
                        .openSession(AccessPattern.ACCESS_PATTERN_TRANSACT, type, backend)
                        .getSessionToken()));
    try (Context.CancellableContext context = Context.current().withCancellation();
        ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      Thread consumer = Thread.ofVirtual().start(context.wrap(() -> consume(queue)));

      for (int n = 0; n < WARM_UP; n++) { // one after the other, however slow the first are
        write(transact, n);
      }

      // When
      long begun = System.nanoTime();
      for (int n = 0; n < measured; n++) {
        int id = WARM_UP + n;
        LockSupport.parkNanos(
            begun + n * TimeUnit.SECONDS.toNanos(1) / A_SECOND - System.nanoTime());
        writers.execute(() -> write(transact, id));
      }
      Await.until(
          "all are delivered",
          Duration.ofSeconds(30),
          () -> deliveries.get() >= WARM_UP + measured);
      context.cancel(null);
      consumer.join();
    }

    // Then
    long[] delays = sorted(acknowledged, delivered, measured);
    long[] writes = sorted(sent, acknowledged, measured);
    System.out.printf(
        "%s: from the answer to a commit to the event's delivery: median %.1f ms, 99 in 100 %.1f ms; a write: median %.1f ms%n",
        type,
        delays[measured / 2] / 1e6,
        delays[measured * 99 / 100] / 1e6,
        writes[measured / 2] / 1e6);
    assertThat(delays[measured / 2])
        .isLessThan(
            Math.max(MOST_AT_THE_MEDIAN.toNanos(), MOST_WRITES_LONG * writes[measured / 2]));
  }

  /** How long it took from one to the other, the shortest first. */
  private static long[] sorted(AtomicLongArray from, AtomicLongArray to, int measured) {
    long[] times = new long[measured];
    for (int i = 0; i < measured; i++) {
      times[i] = Math.max(0, to.get(WARM_UP + i) - from.get(WARM_UP + i));
    }
    Arrays.sort(times);
    return times;
  }

  private void write(TransactServiceBlockingStub transact, int id) {
    sent.set(id, System.nanoTime());
    transact
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .write(
            WriteRequest.newBuilder()
                .addWrites(
                    DataWrite.newBuilder()
                        .setTable("orders")
                        .setUpsert(Upsert.newBuilder().putValues("id", Values.of((long) id))))
                .addMessages(
                    MailboxMessage.newBuilder()
                        .setMailbox("events")
                        .setKey(ByteString.copyFromUtf8("customer-" + id % 20))
                        .setPayload(ByteString.copyFromUtf8(Integer.toString(id))))
                .build());
    acknowledged.set(id, System.nanoTime());
  }

  private void consume(QueueServiceBlockingStub queue) {
    Iterator<SubscribeResponse> responses =
        queue.subscribe(
            SubscribeRequest.newBuilder()
                .setSubscription(
                    Subscription.newBuilder()
                        .setTopic("events")
                        .setGroup("consumers")
                        .setPosition(StartPosition.START_POSITION_EARLIEST))
                .build());
    try {
      while (responses.hasNext()) {
        long now = System.nanoTime();
        AcknowledgeRequest.Builder acks = AcknowledgeRequest.newBuilder().setTopic("events");
        for (Delivery delivery : responses.next().getDeliveriesList()) {
          int id = Integer.parseInt(delivery.getMessage().getPayload().toStringUtf8());
          if (delivered.compareAndSet(id, 0, now)) {
            deliveries.incrementAndGet();
          }
          acks.addAcks(
              Ack.newBuilder()
                  .setReceipt(delivery.getReceipt())
                  .setAck(Empty.getDefaultInstance()));
        }
        if (acks.getAcksCount() > 0) {
          var _ = queue.withDeadlineAfter(10, TimeUnit.SECONDS).acknowledge(acks.build());
        }
      }
    } catch (StatusRuntimeException ended) {
      if (!Context.current().isCancelled()) {
        throw ended;
      }
    }
  }
}
