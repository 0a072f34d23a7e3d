package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.proxy.config.ServerConfig.Namespace;
import dev.prism.proxy.config.ServerConfig.Topic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicsReaderTest {
  private static final String TWO_BACKENDS =
      "backends: { main: { type: sqlite }, broker: { type: kafka } }\n";

  @TempDir Path directory;

  @Test
  void topicsAreMadeWhenTheyAreUsedWhereNothingIsSaid() throws Exception {
    Namespace namespace = load("namespaces: { shop: {} }").get("shop");

    assertThat(namespace.requiresTopics()).isFalse();
    assertThat(namespace.topics()).isEmpty();
  }

  @Test
  void aTopicHasItsSettingsAndADeadLetterTopicWithTheSame() throws Exception {
    Namespace namespace =
        load(TWO_BACKENDS
                + """
                    namespaces:
                      shop:
                        provision: require
                        topics:
                          orders:
                            backend: broker
                            name: orders-v2
                            partitions: 12
                            replicas: 3
                            retention: 7d
                            retention_bytes: 2TiB
                    """)
            .get("shop");

    assertThat(namespace.requiresTopics()).isTrue();
    assertThat(namespace.topics())
        .containsExactly(
            new Topic("orders", "broker", "orders-v2", 12, 3, Duration.ofDays(7), 2L << 40),
            new Topic(
                "orders.dead", "broker", "orders-v2.dead", 12, 3, Duration.ofDays(7), 2L << 40));
  }

  @Test
  void aDeadLetterTopicMayHaveSettingsOfItsOwn() throws Exception {
    Namespace namespace =
        load("""
                backends: { main: { type: sqlite } }
                namespaces: { shop: { topics: { a: {}, a.dead: { retention: 30d } } } }
                """)
            .get("shop");

    assertThat(namespace.topics())
        .extracting(Topic::name, Topic::physicalName, Topic::retention)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", "shop.a", Duration.ZERO),
            org.assertj.core.groups.Tuple.tuple("a.dead", "shop.a.dead", Duration.ofDays(30)));
  }

  @Test
  void theOnlyBackendOfTheNamespaceNeedsNoNaming() throws Exception {
    Namespace namespace =
        load(TWO_BACKENDS + "namespaces: { shop: { backends: [broker], topics: { a: {} } } }")
            .get("shop");

    assertThat(namespace.topics()).extracting(Topic::backend).containsOnly("broker");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "provision: requires|provision is create or require, not \"requires\"; did you mean \"require\"?",
        "topics: { a: {} }|topics.a.backend is needed, to say where the topic is: one of [main, broker]",
        "topics: { a: { backend: brokr } }|has no backend \"brokr\" with queues; did you mean \"broker\"?",
        "topics: { a: { backend: main, partition: 3 } }|unknown key namespaces.shop.topics.a.partition; did you mean \"partitions\"?",
        "topics: { a: { backend: main, partitions: 0 } }|a.partitions must be a whole number from 1 to 10000",
        "topics: { a: { backend: main, retention: 7 } }|a.retention must be a time from 1s",
        "topics: { a: { backend: main, retention_bytes: 1 } }|a.retention_bytes must be a size from 1048576",
        "topics: { a: { backend: main, name: a/b } }|a.name must have 1 to 240 characters of",
        "topics: { a: { backend: main, name: other.a } }|names that begin with a namespace and \".\" are those of its other topics",
        "topics: { a: { backend: main, name: x }, b: { backend: main, name: x } }|another topic of backend \"main\" is called x, at namespaces.shop.topics.a.name",
        "topics: { a b: { backend: main } }|namespaces.shop.topics.a b: a topic has 1 to 128 characters of",
      })
  void whatIsWrongIsSaid(String yaml, String message) throws Exception {
    Path file = write(TWO_BACKENDS + "namespaces: { other: {}, shop: { " + yaml + " } }");

    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class, () -> ServerConfigLoader.load(file, Map.of(), Overrides.NONE));

    assertThat(errors).isNotNull();
    assertThat(errors.errors()).hasSize(1);
    assertThat(errors.errors().getFirst().message()).contains(message);
  }

  private Path write(String yaml) throws Exception {
    return Files.writeString(directory.resolve("prism.yaml"), yaml);
  }

  private Map<String, Namespace> load(String yaml) throws Exception {
    return ServerConfigLoader.load(write(yaml), Map.of(), Overrides.NONE).namespaces();
  }
}
