package dev.prism.plugin.dynamodb;

import dev.prism.sdk.NamespacePrefixes;
import dev.prism.sdk.PluginConfig;
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
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_.-]{0,127}");
  private static final String RULE = "a prefix has at most 127 characters of A-Z a-z 0-9 _ . -";

  /** How long a table's name is at DynamoDB. */
  private static final int LEAST = 3;

  private static final int MOST = 255;

  static TableNames of(PluginConfig config) {
    return new TableNames(
        config
            .string(VARIABLE)
            .map(text -> NamespacePrefixes.parse(VARIABLE, text, PREFIX, RULE))
            .orElse(null));
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
