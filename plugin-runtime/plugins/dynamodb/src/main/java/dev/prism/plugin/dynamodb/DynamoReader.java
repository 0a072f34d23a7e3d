package dev.prism.plugin.dynamodb;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.type.v1.Value;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Rows of tables that others made; {@link TableCatalog} says which. */
final class DynamoReader implements RecordReader {
  private final DynamoSettings settings;
  private final Dynamo dynamo;
  private final TableCatalog catalog;
  private final Requests requests;
  private final CursorKey cursorKey;

  /** Opens what is needed when it is needed; DynamoDB may not be there yet. */
  DynamoReader(DynamoSettings settings) {
    this.settings = settings;
    this.dynamo = new Dynamo(settings);
    this.catalog = new TableCatalog(dynamo, settings);
    this.requests = new Requests(dynamo, catalog);
    this.cursorKey = new CursorKey(dynamo, new ItemTable(dynamo, settings));
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SORT);
  }

  /** A consistent read is a bounded one, too: DynamoDB does not say how old another is. */
  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  private static boolean isConsistent(Consistency consistency) {
    return consistency.level() != Consistency.Level.EVENTUAL;
  }

  @Override
  public int readers() {
    return settings.connections();
  }

  @Override
  public byte[] cursorKey() {
    return cursorKey.get();
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    return catalog.table(namespace, name);
  }

  @Override
  public Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience) {
    return new TablePage(requests, isConsistent(consistency), query, size).read(position, patience);
  }

  @Override
  public long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience) {
    try {
      return new TableScan(requests, table, isConsistent(consistency), filter)
          .count(atMost, patience);
    } catch (Requests.PatienceOverException e) {
      throw Requests.PatienceOverException.late();
    }
  }

  @Override
  public @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience) {
    Map<String, AttributeValue> itemKey = Attributes.key(table, key);
    if (itemKey == null) {
      return null; // no item has such a key
    }
    try {
      Map<String, AttributeValue> item =
          requests.ask(
              table,
              patience,
              (client, timeout) ->
                  client
                      .getItem(
                          get ->
                              get.tableName(table.physicalName())
                                  .key(itemKey)
                                  .consistentRead(isConsistent(consistency))
                                  .overrideConfiguration(timeout))
                      .item());
      return item.isEmpty() ? null : RowPage.found(columns, Attributes.row(table, item));
    } catch (Requests.PatienceOverException e) {
      throw Requests.PatienceOverException.late();
    }
  }

  /**
   * Asks for a sign of life.
   *
   * @throws PrismException BACKEND_UNAVAILABLE
   */
  @Override
  public void ping() {
    // Whether the table of the values is there matters to the first cursor alone.
    dynamo.probe(client -> client.describeTable(ask -> ask.tableName(settings.table())));
  }

  @Override
  public void close() {
    dynamo.close();
  }
}
