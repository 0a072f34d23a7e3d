package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process had that has died comes before anything else is claimed. */
@Tag("conformance")
class ReleaseTest {
  private static final String TOPIC = "released";
  private static final long DEAD = 1_000_000;

  @Test
  void whoSubscribesWhileAnotherGivesBackWhatADeadProcessHadWaitsForThat(@TempDir Path directory)
      throws Exception {
    try (TestDatabase database = TestDatabase.open(directory.resolve("server"));
        HostedPlugin plugin =
            new HostedPlugin(
                new PostgresPlugin(),
                PluginConfig.of(database.settings()),
                InstantSource.system());
        Connection other = database.connect();
        Connection watching = database.connect()) {
      QueueApi queue = plugin.queue("default");
      publish(queue, "first");
      publish(queue, "second");
      // Given a dead process that had the first message, and somebody who is giving that back
      assertThat(subscribe(queue).getMessage().getPayload().toStringUtf8()).isEqualTo("first");
      try (Statement statement = other.createStatement()) {
        statement.execute("INSERT INTO process OVERRIDING SYSTEM VALUE VALUES (" + DEAD + ")");
        other.setAutoCommit(false);
        statement.execute("SELECT FROM process WHERE id = " + DEAD + " FOR UPDATE");

        // When
        CompletableFuture<Delivery> delivery =
            CompletableFuture.supplyAsync(() -> subscribe(queue));
        awaitLockWaiter(watching);

        // Then
        assertThat(delivery).isNotDone();
        other.commit();
        assertThat(delivery.get(20, TimeUnit.SECONDS).getMessage().getPayload().toStringUtf8())
            .isEqualTo("first");
      }
    }
  }

  /** The first delivery of a consumer that then goes. */
  private static Delivery subscribe(QueueApi queue) {
    try (var stream =
        queue.subscribe(
            SubscribeRequest.newBuilder()
                .setSubscription(
                    Subscription.newBuilder()
                        .setTopic(TOPIC)
                        .setGroup("g")
                        .setMaxInFlight(1)
                        .setPosition(StartPosition.START_POSITION_EARLIEST))
                .build())) {
      SubscribeResponse response = stream.next();
      while (response.getDeliveriesCount() == 0) {
        response = stream.next();
      }
      return response.getDeliveries(0);
    }
  }

  private static void publish(QueueApi queue, String payload) {
    queue.publish(
        PublishRequest.newBuilder()
            .setTopic(TOPIC)
            .setMessage(Message.newBuilder().setPayload(ByteString.copyFromUtf8(payload)))
            .build());
  }

  /** Returns when a connection waits for a row that another has locked; fails after 20 s. */
  private static void awaitLockWaiter(Connection watching) throws SQLException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    try (Statement statement = watching.createStatement()) {
      while (true) {
        try (ResultSet row =
            statement.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")) {
          row.next();
          if (row.getInt(1) > 0) {
            return;
          }
        }
        assertThat(System.nanoTime()).as("somebody waits").isLessThan(end);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
  }
}
