package dev.prism.plugin.neptune;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which vertices are whose: the collection {@code orders} of the namespace {@code shop} is the
 * vertices with the label {@code shop/orders}. A {@code /} is in no namespace's name and in no
 * collection's, so that a label is of one namespace and one collection.
 *
 * <p>For a graph with labels of its own {@code NEPTUNE_LABEL_PREFIXES} gives what stands in place
 * of {@code NAMESPACE/}: {@code shop=Shop_,billing=Bill_}. Then only these namespaces are served.
 * No prefix may be the beginning of another, so that an empty one ({@code shop=}) is the only one.
 *
 * @param prefixes by namespace; null: each namespace's is its name and {@code /}
 */
record Labels(@Nullable Map<String, String> prefixes) {
  /** The label of what the plugin keeps for itself: no collection's name ends as it does. */
  static final String OWN = "prism(own)";

  private static final String VARIABLE = "NEPTUNE_LABEL_PREFIXES";
  private static final int MOST = 128;

  static Labels of(PluginConfig config) {
    return new Labels(config.string(VARIABLE).map(Labels::parse).orElse(null));
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> prefixes = new LinkedHashMap<>();
    for (String entry : text.split(",", -1)) {
      int equals = entry.indexOf('=');
      String namespace = equals < 0 ? "" : entry.substring(0, equals).strip();
      String prefix = entry.substring(equals + 1).strip();
      if (!namespace.matches("[a-z0-9-]{1,63}") || prefix.length() > MOST) {
        throw new PluginConfigException(VARIABLE, "must be NAMESPACE=PREFIX, several with commas");
      }
      // Neptune takes it for the end of one label and the beginning of another.
      if (prefix.contains("::")) {
        throw new PluginConfigException(VARIABLE, "a prefix may not hold '::'");
      }
      if (prefixes.put(namespace, prefix) != null) {
        throw new PluginConfigException(VARIABLE, "names " + namespace + " twice");
      }
    }
    List<String> all = List.copyOf(prefixes.values());
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < all.size(); j++) {
        if (i != j && all.get(i).startsWith(all.get(j))) {
          throw new PluginConfigException(
              VARIABLE,
              "the prefix '%s' begins with another, '%s': a label would be of two namespaces"
                  .formatted(all.get(i), all.get(j)));
        }
      }
    }
    return prefixes;
  }

  /**
   * A collection's label, or null where the namespace is not served.
   *
   * @param collection {@code [A-Za-z0-9_.-]}, as the runtime has checked
   */
  @Nullable String label(String namespace, String collection) {
    if (prefixes == null) {
      return namespace + "/" + collection;
    }
    String prefix = prefixes.get(namespace);
    return prefix == null ? null : prefix + collection;
  }
}
