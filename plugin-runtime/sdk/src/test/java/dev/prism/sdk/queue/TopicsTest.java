package dev.prism.sdk.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicsTest {
  private static final String JSON =
      """
      {"namespaces": [
        {"namespace": "shop", "require": true, "topics": [
          {"topic": "orders", "physicalName": "orders-v2", "partitions": 12, "replicas": 3,
           "retention": "604800s", "retentionBytes": "1073741824"},
          {"topic": "plain"}]}],
       "ofALaterVersion": 1}
      """;

  private static Topics topics(String json) {
    return PluginConfig.of(Map.of("PRISM_TOPICS", json)).topics();
  }

  @Test
  void withoutTheVariableEveryTopicIsMadeUnderItsDefaultName() {
    Topics topics = PluginConfig.of(Map.of()).topics();

    assertThat(topics.of("shop", "orders")).isEqualTo(new Topic("shop.orders", true, 0, 0, 0, 0));
    assertThat(topics.configured()).isEmpty();
  }

  @Test
  void aTopicThatIsConfiguredHasItsSettings() {
    Topics topics = topics(JSON);

    assertThat(topics.of("shop", "orders"))
        .isEqualTo(new Topic("orders-v2", false, 12, 3, 604_800_000, 1 << 30));
    assertThat(topics.of("shop", "plain")).isEqualTo(new Topic("shop.plain", false, 0, 0, 0, 0));
  }

  @Test
  void aNamespaceThatRequiresItsTopicsDoesSoOfThoseThatAreNotConfiguredToo() {
    Topics topics = topics(JSON);

    assertThat(topics.of("shop", "other").create()).isFalse();
    assertThat(topics.of("elsewhere", "other").create()).isTrue();
    assertThatThrownBy(() -> topics.mayCreate("shop", "other"))
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_PROVISIONED));
  }

  @Test
  void aLongTextComesInAFile(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("topics.json"), JSON);

    Topics topics = PluginConfig.of(Map.of("PRISM_TOPICS_FILE", file.toString())).topics();

    assertThat(topics.configured()).hasSize(2);
  }

  @Test
  void aTextThatIsNoneIsRefusedWithTheVariablesName() {
    assertThatThrownBy(() -> topics("{"))
        .hasMessage("PRISM_TOPICS: is not the JSON of configured topics");
  }

  @Test
  void aBackendWithOneKindOfTopicSaysWhatItCannotGive() {
    Topic wanted = new Topic("x", true, 3, 1, 1000, 0);

    Provisioned provisioned = Provisioned.ofFixed(wanted, true, "SQLite");

    assertThat(provisioned.change()).isEqualTo(Provisioned.Change.DIFFERS);
    assertThat(provisioned.detail())
        .isEqualTo("partitions 3, retention, which the topics of SQLite do not have");
  }
}
