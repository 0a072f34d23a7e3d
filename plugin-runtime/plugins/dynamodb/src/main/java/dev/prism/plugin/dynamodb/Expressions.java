package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The names and values of a request's expressions. In the texts are placeholders alone, {@code #0}
 * and {@code :0}: nothing that a caller has said.
 */
final class Expressions {
  private static final Pattern PLACEHOLDER = Pattern.compile("[#:][0-9]+");

  private final Map<String, String> placeholders = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final Map<String, AttributeValue> values = new HashMap<>();

  /** What stands for a column. */
  String name(Column column) {
    return name(column.name());
  }

  /** What stands for an attribute. */
  String name(String attribute) {
    return placeholders.computeIfAbsent(
        attribute,
        name -> {
          String placeholder = "#" + names.size();
          names.put(placeholder, name);
          return placeholder;
        });
  }

  /** What stands for a value. */
  String value(AttributeValue value) {
    String placeholder = ":" + values.size();
    values.put(placeholder, value);
    return placeholder;
  }

  /** The names in these texts, for DynamoDB refuses others; null where there are none. */
  @Nullable Map<String, String> names(@Nullable String... texts) {
    return used(names, texts);
  }

  /** As {@link #names}, the values. */
  @Nullable Map<String, AttributeValue> values(@Nullable String... texts) {
    return used(values, texts);
  }

  private static <T> @Nullable Map<String, T> used(Map<String, T> all, @Nullable String... texts) {
    Map<String, T> used =
        Stream.of(texts)
            .filter(Objects::nonNull)
            .flatMap(text -> PLACEHOLDER.matcher(text).results())
            .map(found -> found.group())
            .distinct()
            .filter(all::containsKey)
            .collect(Collectors.toMap(placeholder -> placeholder, all::get));
    return used.isEmpty() ? null : used;
  }
}
