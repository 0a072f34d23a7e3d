package dev.prism.conformance;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Tables whose keys are those of the tests: the first column is the partition key, the second one
 * the sort key. What {@link DynamoTables} has besides is for reads of whole tables in an order.
 */
public record DynamoRows(DynamoTables tables) implements TestTables, AutoCloseable {
  /** As {@link DynamoTables#of}. */
  public static DynamoRows of(Map<String, String> settings, String prefix) {
    return new DynamoRows(DynamoTables.of(settings, prefix));
  }

  @Override
  public Set<Kind> kinds() {
    return tables.kinds();
  }

  @Override
  public boolean areOpen() {
    return true;
  }

  @Override
  public void create(String table, TableSpec spec) {
    boolean alone = spec.key().size() == 1;
    tables.create(
        table,
        spec.key().getFirst(),
        type(spec.key().getFirst(), spec),
        alone ? "" : spec.key().get(1),
        alone ? ScalarAttributeType.S : type(spec.key().get(1), spec));
  }

  private static ScalarAttributeType type(String name, TableSpec spec) {
    for (Column column : spec.columns()) {
      if (column.name().equals(name)) {
        return switch (column.kind()) {
          case STRING -> ScalarAttributeType.S;
          case BYTES -> ScalarAttributeType.B;
          default -> ScalarAttributeType.N;
        };
      }
    }
    throw new IllegalArgumentException("the key names no column");
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    tables.put(table, rows);
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    throw new UnsupportedOperationException("no test of transactions removes a row beside them");
  }

  /** What all rows have in a column that holds text. */
  public Set<String> texts(String table, String column) {
    return tables
        .client()
        .scanPaginator(scan -> scan.tableName(tables.prefix() + table).consistentRead(true))
        .items()
        .stream()
        .map(item -> Objects.requireNonNull(item.get(column)).s())
        .collect(Collectors.toSet());
  }

  @Override
  public void close() {
    tables.client().close();
  }
}
