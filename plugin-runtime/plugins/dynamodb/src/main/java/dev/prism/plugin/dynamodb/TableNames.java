package dev.prism.plugin.dynamodb;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which tables are whose: the collection {@code orders} of the namespace {@code shop} is the table
 * {@code shop.orders}. A {@code .} is in no namespace's name, so that a table is of one namespace
 * and one collection.
 *
 * <p>For tables with names of their own {@code DYNAMODB_TABLE_PREFIXES} gives what stands in place
 * of {@code NAMESPACE.}: {@code shop=Shop-,billing=Bill-}. Then only these namespaces have tables.
 * No prefix may be the beginning of another, so that an empty one ({@code shop=}) is the only one.
 *
 * @param prefixes by namespace; null: each namespace's is its name and {@code .}
 */
record TableNames(@Nullable Map<String, String> prefixes) {
  private static final String VARIABLE = "DYNAMODB_TABLE_PREFIXES";
  private static final Pattern ENTRY =
      Pattern.compile("\\s*([a-z0-9-]{1,63})\\s*=\\s*([A-Za-z0-9_.-]{0,127})\\s*");

  /** How long a table's name is at DynamoDB. */
  private static final int LEAST = 3;

  private static final int MOST = 255;

  static TableNames of(PluginConfig config) {
    return new TableNames(config.string(VARIABLE).map(TableNames::parse).orElse(null));
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> prefixes = new LinkedHashMap<>();
    for (String entry : text.split(",", -1)) {
      var matcher = ENTRY.matcher(entry);
      if (!matcher.matches()) {
        throw new PluginConfigException(
            VARIABLE,
            "must be NAMESPACE=PREFIX, several with commas, a prefix of at most 127 characters of"
                + " A-Z a-z 0-9 _ . -");
      }
      if (prefixes.put(matcher.group(1), matcher.group(2)) != null) {
        throw new PluginConfigException(VARIABLE, "names " + matcher.group(1) + " twice");
      }
    }
    List<String> all = List.copyOf(prefixes.values());
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < all.size(); j++) {
        if (i != j && all.get(i).startsWith(all.get(j))) {
          throw new PluginConfigException(
              VARIABLE,
              "the prefix '%s' begins with another, '%s': a table would be of two namespaces"
                  .formatted(all.get(i), all.get(j)));
        }
      }
    }
    return prefixes;
  }

  /**
   * The name that a collection's table has, or null where it can have none.
   *
   * @param collection {@code [A-Za-z0-9_.-]}, as the runtime has checked
   */
  @Nullable String table(String namespace, String collection) {
    String prefix = prefixes == null ? namespace + "." : prefixes.get(namespace);
    if (prefix == null) {
      return null;
    }
    String table = prefix + collection;
    return table.length() < LEAST || table.length() > MOST ? null : table;
  }
}
