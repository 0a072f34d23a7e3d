package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Table;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Which row it is, of which of DynamoDB's tables. */
record RowKey(String table, Map<String, AttributeValue> key) {
  static RowKey of(Table table, Map<String, AttributeValue> key) {
    return new RowKey(table.physicalName(), Map.copyOf(key));
  }
}
