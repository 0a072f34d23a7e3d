package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresSettingsTest {
  private static PostgresSettings of(String... pairs) {
    Map<String, String> variables = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      variables.put(pairs[i], pairs[i + 1]);
    }
    return PostgresSettings.of(PluginConfig.of(variables));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres://app@db:5432/orders?sslmode=verify-full",
        "postgresql://app@db:5432/orders?sslmode=verify-full",
        "jdbc:postgresql://db:5432/orders?user=app&sslmode=verify-full"
      })
  void anAddressNamesServerDatabaseUserAndTls(String url) {
    PostgresSettings settings = of("DATABASE_URL", url);

    assertThat(settings.url()).isEqualTo("jdbc:postgresql://db:5432/orders");
    assertThat(settings.properties())
        .containsEntry("user", "app")
        .containsEntry("sslmode", "verify-full");
  }

  @Test
  void theVariablesUserGoesBeforeTheAddresss() {
    PostgresSettings settings =
        of("DATABASE_URL", "postgres://app@db/orders", "DATABASE_USER", "other");

    assertThat(settings.properties()).containsEntry("user", "other");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres://app:hush@db/orders",
        "postgres://app:hush@db/orders?x",
        "mysql://app:hush@db/orders",
        "postgres://app:hush@db",
        "hush hush",
        "postgres://app@db/orders?password=hush",
        "postgres://app@db/orders?socketFactory=hush"
      })
  void anAddressThatIsWrongIsRefusedWithoutRepeatingIt(String url) {
    assertThatThrownBy(() -> of("DATABASE_URL", url))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DATABASE_URL")
        .hasMessageNotContaining("hush");
  }

  @Test
  void aUserIsNeeded() {
    assertThatThrownBy(() -> of("DATABASE_URL", "postgres://db/orders"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DATABASE_USER");
  }

  @Test
  void aSchemaIsAPlainName() {
    assertThatThrownBy(
            () -> of("DATABASE_URL", "postgres://a@db/o", "DATABASE_SCHEMA", "x; DROP TABLE y"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DATABASE_SCHEMA");
  }
}
