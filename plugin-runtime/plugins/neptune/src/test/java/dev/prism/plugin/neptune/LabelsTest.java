package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A label is of one namespace and one collection, and the plugin's own of none. */
class LabelsTest {
  private static Labels labels(String prefixes) {
    return Labels.of(PluginConfig.of(Map.of("NEPTUNE_LABEL_PREFIXES", prefixes)));
  }

  @Test
  void aLabelIsOfItsNamespace() {
    Labels labels = Labels.of(PluginConfig.of(Map.of()));

    assertThat(labels.label("shop", "orders")).isEqualTo("shop/orders");
    assertThat(labels.label("shop", "a.b")).isNotEqualTo(labels.label("shop.a", "b"));
  }

  @Test
  void noCollectionsLabelIsThePluginsOwn() {
    assertThat(Labels.OWN).doesNotMatch(".*[A-Za-z0-9_.-]");
  }

  @Test
  void aGraphWithLabelsOfItsOwnIsReadByPrefixes() {
    Labels labels = labels("shop=Shop_, billing=Bill_");

    assertThat(labels.label("shop", "orders")).isEqualTo("Shop_orders");
    assertThat(labels.label("billing", "orders")).isEqualTo("Bill_orders");
    assertThat(labels.label("other", "orders")).isNull();
  }

  @Test
  void oneNamespaceAloneMayHaveNoPrefix() {
    Labels labels = labels("shop=");

    assertThat(labels.label("shop", "orders")).isEqualTo("orders");
    assertThat(labels.label("other", "orders")).isNull();
  }

  @Test
  void prefixesThatMeetAreRefused() {
    for (String wrong :
        List.of(
            "shop=,billing=b",
            "shop=a,billing=ab",
            "shop=ab,billing=a",
            "shop=a,billing=a",
            "shop=a,shop=b",
            "shop=a::b",
            "shop",
            "=a",
            "Shop=a",
            "shop=a,")) {
      assertThatThrownBy(() -> labels(wrong))
          .as(wrong)
          .isInstanceOf(PluginConfigException.class)
          .hasMessageContaining("NEPTUNE_LABEL_PREFIXES");
    }
  }
}
