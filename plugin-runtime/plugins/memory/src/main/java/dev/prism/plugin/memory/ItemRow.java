package dev.prism.plugin.memory;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An item as a row: its key and, where its value is a JSON object, the object's fields. Any other
 * value is in one column.
 */
final class ItemRow {
  static final Column KEY = new Column("key", Kind.STRING, false, "");

  /** Only in a collection that has an item with another partition key than its key. */
  static final Column PARTITION = new Column("partition_key", Kind.STRING, false, "");

  private static final String VALUE = "value";

  private ItemRow() {}

  /** The row's values by their columns, the key first; a field of the key's name is left out. */
  static Map<String, Value> of(Key key, Item item, boolean partitioned) {
    Map<String, Value> row = new LinkedHashMap<>();
    row.put(KEY.name(), Values.of(key.key()));
    if (partitioned) {
      row.put(PARTITION.name(), Values.of(key.partition()));
    }
    Value value = value(item);
    if (value.hasMapValue()) {
      value.getMapValue().getEntriesMap().forEach(row::putIfAbsent);
    } else {
      row.put(VALUE, value);
    }
    return row;
  }

  private static Value value(Item item) {
    byte[] bytes = item.value();
    String text = text(bytes);
    if (text == null) {
      return Values.of(bytes);
    }
    Value json = isJson(item.contentType()) ? Documents.parse(text) : null;
    return json == null ? Values.of(text) : json;
  }

  /** {@code application/json} or a type that ends with {@code +json}, whatever its parameters. */
  private static boolean isJson(String contentType) {
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json") || type.endsWith("+json");
  }

  private static @Nullable String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null; // it is no text
    }
  }
}
