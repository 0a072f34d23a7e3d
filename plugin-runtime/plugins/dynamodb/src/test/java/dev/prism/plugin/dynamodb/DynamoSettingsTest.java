package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DynamoSettingsTest {
  private static DynamoSettings of(String... pairs) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      variables.put(pairs[i], pairs[i + 1]);
    }
    return DynamoSettings.of(PluginConfig.of(variables));
  }

  @Test
  void aRegionIsEnough() {
    DynamoSettings settings = of("AWS_REGION", "eu-central-1");

    assertThat(settings.region().id()).isEqualTo("eu-central-1");
    assertThat(settings.endpoint()).isEmpty();
    assertThat(settings.credentials()).isEmpty();
    assertThat(settings.table()).isEqualTo("prism");
    assertThat(settings.connections()).isEqualTo(4);
    assertThat(settings.mayCreate().test("any")).isTrue();
  }

  @Test
  void aRegionIsNeeded() {
    assertThatThrownBy(() -> of("DYNAMODB_ENDPOINT", "http://127.0.0.1:8000"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("AWS_REGION")
        .hasMessageContaining("not set");
  }

  @ParameterizedTest
  @CsvSource({
    "AWS_REGION, Frankfurt am Main",
    "DYNAMODB_TABLE, ab",
    "DYNAMODB_TABLE, a table",
    "PRISM_POOL_SIZE, 65"
  })
  void whatIsWrongIsToldByItsName(String variable, String text) {
    assertThatThrownBy(() -> of("AWS_REGION", "eu-central-1", variable, text))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining(variable);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dynamodb.eu-central-1.amazonaws.com",
        "ftp://host",
        "https://user:hush@host",
        "https://host/hush",
        "https://host?x=hush",
        "hush hush"
      })
  void anEndpointThatIsWrongIsRefusedWithoutRepeatingIt(String url) {
    assertThatThrownBy(() -> of("AWS_REGION", "eu-central-1", "DYNAMODB_ENDPOINT", url))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DYNAMODB_ENDPOINT")
        .hasMessageNotContaining("hush");
  }

  @Test
  void credentialsAreAPairOrNone() {
    assertThatThrownBy(() -> of("AWS_REGION", "eu-central-1", "AWS_SECRET_ACCESS_KEY", "hush"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("AWS_ACCESS_KEY_ID")
        .hasMessageNotContaining("hush");
    assertThatThrownBy(() -> of("AWS_REGION", "eu-central-1", "AWS_SESSION_TOKEN", "hush"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("AWS_SESSION_TOKEN")
        .hasMessageNotContaining("hush");
  }

  @Test
  void theSecretIsInNoText() {
    DynamoSettings settings =
        of(
            "AWS_REGION",
            "eu-central-1",
            "AWS_ACCESS_KEY_ID",
            "id",
            "AWS_SECRET_ACCESS_KEY",
            "hush");

    assertThat(settings.credentials().orElseThrow().secretAccessKey()).isEqualTo("hush");
    assertThat(settings.toString()).doesNotContain("hush");
  }
}
