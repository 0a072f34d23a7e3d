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
  private static final int SHORT_MILLIS = 100;
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
  private static boolean isTold(PostgresQueue queue, Connection ear) throws SQLException {
    PGConnection hearing = ear.unwrap(PGConnection.class);
    while (hearing.getNotifications(SHORT_MILLIS).length > 0) {
      // What went before.
    }
    queue.publish(
        "ns",
        List.of(
            new Publication(
                "t", List.of(new Message(new byte[0], List.of(), new byte[1], 0)), false, null)));
    return hearing.getNotifications(SHORT_MILLIS).length > 0;
  }

  private static boolean isToldSoon(PostgresQueue queue, Connection ear, boolean wanted)
      throws SQLException {
    boolean told = !wanted;
    long end = System.nanoTime() + LIMIT_NANOS;
    while (told != wanted && System.nanoTime() < end) {
      told = isTold(queue, ear);
    }
    return told;
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
      assertThat(isToldSoon(queue, ear, false)).isFalse();
      try (PostgresQueue other = queue(server)) {
        other.ping();
        assertThat(isToldSoon(queue, ear, true)).isTrue();
        assertThat(isTold(queue, ear)).isTrue();
      }
      assertThat(isToldSoon(queue, ear, false)).isFalse();
    }
  }
}
