package dev.prism.conformance;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Rows that are items whose values are JSON objects, each under a key in the order of the row's.
 *
 * @param items the service that keeps them
 */
public record JsonItems(Supplier<KeyValueApi> items) implements TestTables {
  private static final String KEY = "key";
  private static final int BATCH = 500;

  /** Whole numbers that fit are int64, all others decimals. */
  @Override
  public Set<Kind> kinds() {
    return EnumSet.of(Kind.BOOL, Kind.INT64, Kind.STRING, Kind.LIST, Kind.DOCUMENT);
  }

  @Override
  public void create(String table, TableSpec spec) {
    // It is there when something is in it.
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    for (int from = 0; from < rows.size(); from += BATCH) {
      BatchPutRequest.Builder batch = BatchPutRequest.newBuilder().setCollection(table);
      for (Map<String, Value> row : rows.subList(from, Math.min(rows.size(), from + BATCH))) {
        batch.addEntries(
            BatchPutEntry.newBuilder()
                .setKey(spec.keyText(row))
                .setValue(ByteString.copyFromUtf8(json(spec, row)))
                .setContentType("application/json"));
      }
      items
          .get()
          .batchPut(batch.build())
          .getResultsList()
          .forEach(
              result -> {
                if (!result.hasSuccess()) {
                  throw new IllegalStateException(result.toString());
                }
              });
    }
  }

  private static String json(TableSpec spec, Map<String, Value> row) {
    MapValue.Builder object = MapValue.newBuilder();
    for (Column column : spec.columns()) {
      Value value = row.get(column.name());
      if (value != null) {
        object.putEntries(column.name(), value);
      }
    }
    return Documents.text(Value.newBuilder().setMapValue(object).build());
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    items
        .get()
        .delete(DeleteRequest.newBuilder().setCollection(table).setKey(spec.keyText(key)).build());
  }

  @Override
  public boolean areOpen() {
    return true;
  }

  @Override
  public List<String> columns(TableSpec spec) {
    Set<String> columns = new LinkedHashSet<>(List.of(KEY));
    spec.columns().forEach(column -> columns.add(column.name()));
    return new ArrayList<>(columns);
  }

  @Override
  public Map<String, Value> key(String table, TableSpec spec, Map<String, Value> row) {
    return Map.of(KEY, Values.of(spec.keyText(row)));
  }
}
