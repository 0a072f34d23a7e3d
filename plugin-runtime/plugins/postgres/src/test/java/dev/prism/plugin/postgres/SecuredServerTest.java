package dev.prism.plugin.postgres;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueFixture;
import dev.prism.conformance.QueueFixture.Subscriber;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.sdk.PluginConfig;
import dev.prism.status.Reason;
import dev.prism.testservers.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks TLS alone and asks for a password. */
@Tag("conformance")
class SecuredServerTest {
  private static final String PASSWORD = "correct horse";

  private static @TempDir Path directory;
  private static PostgresServer server;

  @BeforeAll
  static void start() {
    server = PostgresServer.secured(directory.resolve("server"), PASSWORD);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Map<String, String> settings(String host, Path root) {
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "DATABASE_URL",
        server.url().replace("127.0.0.1", host) + "?sslmode=verify-full&sslrootcert=" + root);
    return settings;
  }

  private static HostedPlugin plugin(Map<String, String> settings) {
    return new HostedPlugin(
        new PostgresPlugin(), PluginConfig.of(settings), InstantSource.system());
  }

  private static PublishRequest request() {
    return PublishRequest.newBuilder().setTopic("t").setMessage(message("k", "a")).build();
  }

  @Test
  void messagesGoThroughWithTheCertificateCheckedAndThePasswordFromAFile() throws IOException {
    // Given
    Path secret = Files.writeString(directory.resolve("secret"), PASSWORD + "\n");
    Map<String, String> settings = settings("127.0.0.1", server.certificate());
    settings.put("DATABASE_PASSWORD_FILE", secret.toString());
    try (HostedPlugin plugin = plugin(settings)) {
      // When
      plugin.queue("default").publish(request());

      // Then
      try (Subscriber subscriber =
          new Subscriber(
              plugin
                  .queue("default")
                  .subscribe(
                      SubscribeRequest.newBuilder()
                          .setSubscription(fromStart("t", "g"))
                          .build()))) {
        assertThat(QueueFixture.text(subscriber.next())).isEqualTo("a");
      }
    }
  }

  @Test
  void aWrongPasswordIsSaidInTheLogWithoutAnyPassword() {
    // Given
    Map<String, String> settings = settings("127.0.0.1", server.certificate());
    settings.put("DATABASE_PASSWORD", "battery staple");
    PrintStream err = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    // When
    try (HostedPlugin plugin = plugin(settings)) {
      assertFails(Reason.BACKEND_UNAVAILABLE, () -> plugin.queue("default").publish(request()));
    } finally {
      System.setErr(err);
    }

    // Then
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("password authentication failed for user \\\"postgres\\\"")
        .doesNotContain("battery staple");
  }

  @Test
  void aServerWithAnotherCertificateIsNotTrusted() throws IOException {
    // Given
    Path other = Files.createDirectory(directory.resolve("other"));
    try (PostgresServer stranger = PostgresServer.secured(other.resolve("server"), PASSWORD)) {
      Map<String, String> settings = settings("127.0.0.1", stranger.certificate());
      settings.put("DATABASE_PASSWORD", PASSWORD);
      // When
      try (HostedPlugin plugin = plugin(settings)) {
        // Then
        assertFails(Reason.BACKEND_UNAVAILABLE, () -> plugin.queue("default").publish(request()));
      }
    }
  }
}
