package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ./prism provision}, in a namespace that requires its topics to be there. */
@Tag("system")
class ProvisionCommandTest {
  private static final String CONFIG =
      """
      backends: { sqlite: { type: sqlite }, memory: { type: memory } }
      namespaces:
        default:
          provision: require
          topics:
            orders: { backend: sqlite }
            bills: { backend: sqlite }
        wide:
          topics:
            many: { backend: memory, partitions: 3 }
      configs:
        queue: { pattern: QUEUE, namespace: default, backend: { type: SQLITE } }
      """;

  private static Prism prism;

  @BeforeAll
  static void start() throws Exception {
    Path data = Prism.newDirectory("provision");
    Path config = Files.writeString(data.resolveSibling(data.getFileName() + ".yaml"), CONFIG);
    prism = Prism.up(data, "--config", config.toString());
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @Test
  void aTopicIsRefusedUntilItIsProvisionedAndServesFromThenOn() throws Exception {
    // Given
    Prism.Ended refused = publish("orders");
    Prism.Ended plan = provision("--namespace", "default", "--dry-run");
    Prism.Ended stillRefused = publish("orders");

    // When
    Prism.Ended made = provision("--namespace", "default");

    // Then
    assertThat(refused.err()).contains("FAILED_PRECONDITION NOT_PROVISIONED");
    assertThat(plan.status()).isZero();
    assertThat(rows(plan))
        .contains(
            "default orders sqlite default.orders CREATE 1 partition",
            "default orders.dead sqlite default.orders.dead CREATE 1 partition");
    assertThat(stillRefused.status()).isEqualTo(1);
    assertThat(made.status()).as(made.err()).isZero();
    assertThat(rows(made)).isEqualTo(rows(plan));
    assertThat(publish("orders").out()).isEqualTo("0\n");
    assertThat(rows(provision("--namespace", "default")))
        .contains("default orders sqlite default.orders NONE 1 partition");
    assertThat(publish("others").err()).contains("NOT_PROVISIONED");
  }

  @Test
  void aTopicThatIsConfiguredAsItsBackendCannotBeFailsTheCommand() throws Exception {
    Prism.Ended ended = provision("--namespace", "wide", "--dry-run");

    assertThat(ended.status()).isEqualTo(1);
    assertThat(rows(ended).getFirst())
        .startsWith("wide many memory wide.many DIFFERS partitions 3");
  }

  @Test
  void theAnswerIsJsonForProgramsAndAnUnknownNamespaceIsRefused() throws Exception {
    Prism.Ended json = provision("--dry-run", "--namespace", "wide", "--json");
    Prism.Ended unknown = provision("--namespace", "nowhere");

    assertThat(json.out()).contains("\"change\": \"PROVISION_CHANGE_DIFFERS\"");
    assertThat(json.status()).isEqualTo(1);
    assertThat(unknown.err()).contains("NAMESPACE_NOT_FOUND");
  }

  private static List<String> rows(Prism.Ended table) {
    return table.out().lines().skip(1).map(line -> line.replaceAll(" +", " ")).toList();
  }

  private static Prism.Ended provision(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("provision", "--admin-endpoint", prism.adminEndpoint()));
    command.addAll(List.of(arguments));
    return Prism.run(command.toArray(String[]::new));
  }

  private static Prism.Ended publish(String topic) throws Exception {
    return Prism.run("queue", "publish", topic, "hello", "--endpoint", prism.endpoint());
  }
}
