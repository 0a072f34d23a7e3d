package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.proxy.config.ServerConfig.Relay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the messages of mailboxes are carried, as the file has it. */
class RelaysReaderTest {
  private static final String BACKENDS =
      "backends: { main: { type: sqlite }, broker: { type: kafka }, other: { type: postgres } }\n";

  @TempDir private Path directory;

  private Path write(String mailboxes) throws IOException {
    return Files.writeString(
        directory.resolve("prism.yaml"),
        "control: { backend: main }\n"
            + BACKENDS
            + "namespaces: { shop: { backends: [main, broker], mailboxes: { "
            + mailboxes
            + " } } }");
  }

  @Test
  void aMailboxOfTheOnlyBackendThatHasMailboxesIsCarriedToANamedOne() throws Exception {
    Path file = write("outbox: { relay: { topic: orders, backend: broker } }");

    ServerConfig config = ServerConfigLoader.load(file, Map.of(), Overrides.NONE);

    assertThat(config.namespaces().get("shop"))
        .extracting(ServerConfig.Namespace::relays)
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .containsExactly(new Relay("outbox", "main", "orders", "broker"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "outbox: { relay: { backend: main } }|outbox.relay.topic is needed: where messages are carried",
        "outbox: { relay: { topic: orders } }|relay.backend is needed, to say where the topic is: one of [main, broker]",
        "outbox: { backend: broker, relay: { topic: orders, backend: main } }|has no backend \"broker\" with mailboxes",
        "a b: { relay: { topic: orders, backend: main } }|a mailbox has 1 to 128 characters of",
        "outbox: { relay: { topic: a b, backend: main } }|a topic has 1 to 128 characters of",
        "outbox: { relay: { topic: orders, backend: main, tpic: x } }|unknown key namespaces.shop.mailboxes.outbox.relay.tpic",
      })
  void whatIsWrongIsSaid(String yaml, String message) throws Exception {
    Path file = write(yaml);

    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class, () -> ServerConfigLoader.load(file, Map.of(), Overrides.NONE));

    assertThat(errors).isNotNull();
    assertThat(errors.errors()).hasSize(1);
    assertThat(errors.errors().getFirst().message()).contains(message);
  }
}
