package dev.prism.plugin.dynamodb;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What must hold of an item of the table. What has expired is there for DynamoDB, which removes it
 * when it comes to it, and absent for everybody else.
 */
record Condition(String expression, Map<String, AttributeValue> values) {
  private static final String LIVES = "(attribute_not_exists(ends_ms) OR ends_ms > :now)";

  private static Map<String, AttributeValue> now(long now) {
    return Map.of(":now", ItemAttributes.number(now));
  }

  static Condition absent(long now) {
    return new Condition("attribute_not_exists(pk) OR ends_ms <= :now", now(now));
  }

  static Condition present(long now) {
    return new Condition("attribute_exists(pk) AND " + LIVES, now(now));
  }

  /** That there is no item, expired or not. */
  static Condition missing() {
    return new Condition("attribute_not_exists(pk)", Map.of());
  }

  /** That there is one, expired or not. */
  static Condition there() {
    return new Condition("attribute_exists(pk)", Map.of());
  }

  static Condition etag(String etag, long now) {
    return equal("etag = :etag AND " + LIVES, ":etag", AttributeValue.fromS(etag), now);
  }

  static Condition value(byte[] value, long now) {
    return equal("body = :expected AND " + LIVES, ":expected", ItemAttributes.binary(value), now);
  }

  private static Condition equal(String expression, String name, AttributeValue value, long now) {
    Map<String, AttributeValue> values = new HashMap<>(now(now));
    values.put(name, value);
    return new Condition(expression, values);
  }

  /**
   * That the item of the table is as it was read, expired or not.
   *
   * @param seen null where there was none
   */
  static Condition unchanged(@Nullable Map<String, AttributeValue> seen) {
    if (seen == null) {
      return missing();
    }
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":etag", AttributeValue.fromS(ItemAttributes.etag(seen)));
    AttributeValue ends = seen.get(ItemAttributes.ENDS_MS);
    if (ends == null) {
      return new Condition("etag = :etag AND attribute_not_exists(ends_ms)", values);
    }
    values.put(":seen", ends);
    return new Condition("etag = :etag AND ends_ms = :seen", values);
  }

  /**
   * The values, with those of a request's other expression; null, as DynamoDB wants it, for none.
   */
  static @Nullable Map<String, AttributeValue> values(
      @Nullable Condition condition, Map<String, AttributeValue> others) {
    Map<String, AttributeValue> all = new HashMap<>(others);
    if (condition != null) {
      all.putAll(condition.values());
    }
    return all.isEmpty() ? null : all;
  }
}
