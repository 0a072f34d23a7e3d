package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table is of one namespace and one collection. */
class TableNamesTest {
  private static TableNames prefixes(String text) {
    return TableNames.of(PluginConfig.of(Map.of("DYNAMODB_TABLE_PREFIXES", text)));
  }

  @Test
  void aTableIsCalledAsItsNamespaceAndItsCollection() {
    TableNames names = TableNames.of(PluginConfig.of(Map.of()));

    assertThat(names.table("shop", "orders.2026")).isEqualTo("shop.orders.2026");
    assertThat(names.table("shop", "x".repeat(251))).isNull();
  }

  @Test
  void prefixesStandInPlaceOfTheNamespaceOfThoseThatAreListedAlone() {
    TableNames names = prefixes("shop=Shop-, billing = Bill-");

    assertThat(names.table("shop", "orders")).isEqualTo("Shop-orders");
    assertThat(names.table("billing", "orders")).isEqualTo("Bill-orders");
    assertThat(names.table("other", "orders")).isNull();
  }

  @Test
  void aNameThatIsTooShortForATableIsNone() {
    assertThat(prefixes("shop=").table("shop", "ab")).isNull();
    assertThat(prefixes("shop=").table("shop", "abc")).isEqualTo("abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop", "=x", "shop=a/b", "a=x,a=y", "a=x,b=xy", "a=,b=x", "A=x", "a=x,"})
  void prefixesThatAreNoneOrOverlapAreRefused(String text) {
    assertThatThrownBy(() -> prefixes(text))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DYNAMODB_TABLE_PREFIXES");
  }
}
