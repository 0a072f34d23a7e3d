package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.Counts;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.Topics;
import dev.prism.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages through a queue beside a transaction that keeps the server from forgetting anything:
 * claims are as quick at the end as at the beginning. With {@code --full} these are minutes apart.
 */
@Tag("system")
class OldSnapshotTest {
  private static final int MESSAGES = Counts.of(5_000_000, 200_000);
  private static final int BATCH = 256;
  private static final int CLAIM = 128;
  private static final int AHEAD = 40 * BATCH;
  private static final int LEAST_SAMPLES = 200;

  /** What the machine's other work may add where the parts are seconds and not minutes. */
  private static final long NOISE_NANOS =
      TimeUnit.MILLISECONDS.toNanos(MESSAGES < 2_000_000 ? 10 : 0);

  private record Claim(long at, long nanos) {}

  @Test
  void claimsKeepTheirPaceWhileAnotherTransactionHoldsAnOldSnapshot(@TempDir Path directory)
      throws Exception {
    try (PostgresServer server = PostgresServer.start(directory.resolve("server"));
        Connection old = DriverManager.getConnection(server.jdbcUrl());
        PostgresQueue queue = queue(server)) {
      // Given
      queue.provision("ns", "t", false);
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      number(old, "SELECT count(*) FROM prism.message");

      // When
      List<Claim> claims = throughQueue(queue);

      // Then
      long begun = claims.getFirst().at();
      long took = claims.getLast().at() - begun;
      long part = Math.min(TimeUnit.MINUTES.toNanos(1), took / 4);
      long first = p99(claims.stream().filter(each -> each.at() - begun < part).toList());
      long last = p99(claims.stream().filter(each -> begun + took - each.at() < part).toList());
      System.out.printf(
          "%d messages in %.0f s beside an old snapshot: claims of %d, p99 of the first %.0f s %.2f ms,"
              + " of the last %.2f ms; bytes a message: %s%n",
          MESSAGES, took / 1e9, CLAIM, part / 1e9, first / 1e6, last / 1e6, sizes(server));
      assertThat(last).isLessThanOrEqualTo(first + first / 2 + NOISE_NANOS);
      assertThat(number(old, "SELECT count(*) FROM prism.message")).isZero(); // it is still old
    }
  }

  private static PostgresQueue queue(PostgresServer server) {
    return new PostgresQueue(
        PostgresSettings.of(
            PluginConfig.of(
                Map.of("DATABASE_URL", server.url(), "POSTGRES_QUEUE_KEEP_SECONDS", "5"))),
        Topics.unconfigured());
  }

  private static List<Claim> throughQueue(PostgresQueue queue) throws Exception {
    Semaphore ahead = new Semaphore(AHEAD);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread publisher =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    publish(queue, ahead);
                  } catch (InterruptedException | RuntimeException e) {
                    failure.set(e);
                  }
                });
    List<Claim> claims = new ArrayList<>(MESSAGES / CLAIM);
    try (Consumer consumer =
        queue.subscribe("ns", new Subscription("t", "g", new Start.Earliest(), 30_000))) {
      int left = MESSAGES;
      while (left > 0 && failure.get() == null) {
        long begun = System.nanoTime();
        List<Delivery> deliveries = consumer.poll(CLAIM, 256 << 10, 0);
        if (deliveries.isEmpty()) { // waits for the publisher: no figure
          deliveries = consumer.poll(CLAIM, 256 << 10, TimeUnit.SECONDS.toNanos(1));
        } else {
          claims.add(new Claim(begun, System.nanoTime() - begun));
        }
        if (deliveries.isEmpty()) {
          continue;
        }
        acknowledge(queue, deliveries);
        ahead.release(deliveries.size());
        left -= deliveries.size();
      }
    } finally {
      publisher.interrupt();
      publisher.join();
    }
    assertThat(failure.get()).isNull();
    return claims;
  }

  private static void publish(PostgresQueue queue, Semaphore ahead) throws InterruptedException {
    Message message = new Message(new byte[16], List.of(), new byte[256], 0);
    for (int i = 0; i < MESSAGES; i += BATCH) {
      int count = Math.min(BATCH, MESSAGES - i);
      ahead.acquire(count);
      queue.publish(
          "ns", List.of(new Publication("t", Collections.nCopies(count, message), false, null)));
    }
  }

  private static void acknowledge(PostgresQueue queue, List<Delivery> deliveries) {
    List<Ack> acks =
        deliveries.stream().map(each -> new Ack(each.receipt(), new Ack.Outcome.Done())).toList();
    assertThat(queue.acknowledge("ns", acks)).allMatch(AckResult.Taken.class::isInstance);
  }

  private static long p99(List<Claim> claims) {
    assertThat(claims).hasSizeGreaterThan(LEAST_SAMPLES);
    long[] sorted = claims.stream().mapToLong(Claim::nanos).toArray();
    Arrays.sort(sorted);
    return sorted[(int) (sorted.length * 0.99)];
  }

  private static String sizes(PostgresServer server) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl())) {
      StringBuilder sizes = new StringBuilder();
      for (String table : List.of("message", "lease", "pending")) {
        long bytes =
            number(connection, "SELECT pg_total_relation_size('prism.%s')".formatted(table));
        sizes.append("%s %.1f ".formatted(table, (double) bytes / MESSAGES));
      }
      return sizes.toString().strip();
    }
  }

  private static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }
}
