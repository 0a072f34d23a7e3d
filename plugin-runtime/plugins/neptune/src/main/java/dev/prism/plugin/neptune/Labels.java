package dev.prism.plugin.neptune;

import dev.prism.sdk.NamespacePrefixes;
import dev.prism.sdk.PluginConfig;
import java.util.Map;
import java.util.regex.Pattern;
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

  /** Neptune takes {@code ::} for the end of one label and the beginning of another. */
  private static final Pattern PREFIX = Pattern.compile("(?!.*::).{0,128}");

  private static final String RULE = "a prefix has at most 128 characters, and no '::'";

  static Labels of(PluginConfig config) {
    return new Labels(
        config
            .string(VARIABLE)
            .map(text -> NamespacePrefixes.parse(VARIABLE, text, PREFIX, RULE))
            .orElse(null));
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
