package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.NatsServer;
import io.nats.client.NKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Who may connect, and what is said of those who may not. */
@Tag("conformance")
class NatsCredentialsTest {
  private static final String PASSWORD = "correct-horse";

  private static PubSub open(Map<String, String> variables) {
    return new NatsPlugin(InstantSource.system()).pubSub(PluginConfig.of(variables)).orElseThrow();
  }

  @Test
  void aUserWithAPasswordIsLetIn() {
    try (NatsServer server = NatsServer.startOwn(users("user: ann, password: " + PASSWORD));
        PubSub events =
            open(Map.of("NATS_URL", server.url(), "NATS_USER", "ann", "NATS_PASSWORD", PASSWORD))) {
      assertThat(events.publish("default", List.of())).isEmpty();
    }
  }

  @Test
  void aKeyWhoseSeedIsInAFileIsLetIn(@TempDir Path directory) throws Exception {
    NKey key = NKey.createUser(null);
    Path seed = Files.writeString(directory.resolve("seed"), new String(key.getSeed()));
    try (NatsServer server = NatsServer.startOwn(users("nkey: " + new String(key.getPublicKey())));
        PubSub events = open(Map.of("NATS_URL", server.url(), "NATS_NKEY_FILE", seed.toString()))) {
      assertThat(events.publish("default", List.of())).isEmpty();
    }
  }

  @Test
  void aWrongPasswordIsSaidWithoutThePassword() {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    ((Logger) LoggerFactory.getLogger(NatsLink.class)).addAppender(lines);
    try (NatsServer server = NatsServer.startOwn(users("user: ann, password: " + PASSWORD));
        PubSub events =
            open(
                Map.of(
                    "NATS_URL",
                    server.url(),
                    "NATS_USER",
                    "ann",
                    "NATS_PASSWORD",
                    "wrong-secret",
                    "NATS_TIMEOUT_MILLIS",
                    "2000"))) {
      assertThatThrownBy(() -> events.publish("default", List.of()))
          .isInstanceOfSatisfying(
              PrismException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.BACKEND_UNAVAILABLE));

      List<String> said = lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
      assertThat(said).anyMatch(line -> line.contains("refuses this plugin's credentials"));
      assertThat(said).noneMatch(line -> line.contains("wrong-secret"));
    } finally {
      ((Logger) LoggerFactory.getLogger(NatsLink.class)).detachAppender(lines);
    }
  }

  @Test
  void whatIsNoSeedIsRefusedAtTheStartWithoutItsText() {
    assertThatThrownBy(() -> open(Map.of("NATS_URL", "nats://127.0.0.1:1", "NATS_NKEY", "secret")))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("NATS_NKEY")
        .hasMessageNotContaining("secret");
  }

  private static String users(String user) {
    return "authorization { users: [ { " + user + " } ] }";
  }
}
