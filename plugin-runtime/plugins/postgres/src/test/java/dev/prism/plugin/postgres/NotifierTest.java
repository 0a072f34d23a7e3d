package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.Topics;
import dev.prism.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** Who is told that there are messages. */
class NotifierTest {
  /** What is told is told in milliseconds. */
  private static final int NOT_TOLD_MILLIS = 500;

  private static final int TOLD_MILLIS = 20_000;
  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

  private static PostgresQueue queue(PostgresServer server) {
    return new PostgresQueue(
        PostgresSettings.of(PluginConfig.of(Map.of("DATABASE_URL", server.url()))),
        Topics.unconfigured());
  }

  private static PostgresPubSub events(PostgresServer server) {
    return new PostgresPubSub(
        PostgresSettings.of(PluginConfig.of(Map.of("DATABASE_URL", server.url()))));
  }

  /** Whether a message is told of; what was told before is not meant. */
  private static boolean isTold(PostgresQueue queue, Connection ear, int withinMillis)
      throws SQLException {
    PGConnection hearing = ear.unwrap(PGConnection.class);
    while (hearing.getNotifications(NOT_TOLD_MILLIS).length > 0) {
      // What went before.
    }
    queue.publish(
        "ns",
        List.of(
            new Publication(
                "t", List.of(new Message(new byte[0], List.of(), new byte[1], 0)), false, null)));
    return hearing.getNotifications(withinMillis).length > 0;
  }

  /** Messages are told of until nobody is there to hear them. */
  private static void awaitSilence(PostgresQueue queue, Connection ear) throws SQLException {
    long end = System.nanoTime() + LIMIT_NANOS;
    while (isTold(queue, ear, NOT_TOLD_MILLIS)) {
      assertThat(System.nanoTime()).as("still told of").isLessThan(end);
    }
  }

  @Test
  void messagesAreToldWhereAnotherProcessMayWaitForThem(@TempDir Path directory) throws Exception {
    try (PostgresServer server = PostgresServer.start(directory.resolve("server"));
        Connection ear = DriverManager.getConnection(server.jdbcUrl());
        PostgresPubSub events = events(server);
        PostgresQueue queue = queue(server)) {
      // Given
      events.ping();
      ear.createStatement().execute("LISTEN prism_queue");

      // When, Then: alone, together, and alone again
      awaitSilence(queue, ear);
      try (PostgresQueue other = queue(server)) {
        other.ping();
        assertThat(isTold(queue, ear, TOLD_MILLIS)).isTrue();
        assertThat(isTold(queue, ear, TOLD_MILLIS)).isTrue();
      }
      awaitSilence(queue, ear);
    }
  }
}
