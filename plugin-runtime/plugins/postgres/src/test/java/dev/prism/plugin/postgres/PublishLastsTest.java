package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is acknowledged is on the server's disk, which is written in a step of its own. */
class PublishLastsTest {
  /** The server's own writer comes too late to be the one that has saved a message. */
  private static final String LATE = "wal_writer_delay=10s";

  private static List<Publication> one(String payload) {
    Message message =
        new Message(new byte[0], List.of(), payload.getBytes(StandardCharsets.UTF_8), 0);
    return List.of(new Publication("t", List.of(message), false, null));
  }

  private static PostgresQueue queue(PostgresServer server) {
    return new PostgresQueue(
        PostgresSettings.of(PluginConfig.of(Map.of("DATABASE_URL", server.url()))),
        Topics.unconfigured());
  }

  private static long end(PostgresServer server) {
    try (PostgresQueue queue = queue(server)) {
      return queue.info("ns", "t", List.of()).partitions().getFirst().end();
    }
  }

  @Test
  void anAcknowledgedMessageOutlivesAServerThatIsKilledRightAfter(@TempDir Path directory) {
    try (PostgresServer server = PostgresServer.start(directory.resolve("server"), LATE);
        PostgresQueue queue = queue(server)) {
      // Given
      queue.provision("ns", "t", false);
      for (int i = 0; i < 100; i++) {
        queue.publish("ns", one("m"));
      }

      // When
      server.kill();

      // Then
      server.start();
      assertThat(end(server)).isEqualTo(100);
    }
  }

  @Test
  void aServerThatRestartsBeforeItHasSyncedIsNotTakenForOneThatHas(@TempDir Path directory) {
    try (PostgresServer server = PostgresServer.start(directory.resolve("server"), LATE);
        PostgresQueue queue = queue(server)) {
      // Given
      queue.provision("ns", "t", false);
      queue.publish("ns", one("before"));
      Supplier<List<PublicationResult>> sent = queue.send("ns", one("lost"));
      server.kill();
      server.start();

      // When, Then
      assertThatThrownBy(sent::get)
          .isInstanceOfSatisfying(
              PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.OUTCOME_UNKNOWN));
      queue.publish("ns", one("after"));
    }
  }
}
