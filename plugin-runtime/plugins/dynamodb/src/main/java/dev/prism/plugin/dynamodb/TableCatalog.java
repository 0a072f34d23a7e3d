package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/**
 * The tables that namespaces see, with their keys as DynamoDB describes them. What has been
 * described is kept until {@link #forget}: a table's key does not change for as long as it is
 * there. Tables of values ({@link ItemTable}) are none, this plugin's and others'. Any thread.
 */
final class TableCatalog {
  /** More are described anew: a table takes some hundred bytes. */
  private static final int MOST_KEPT = 10_000;

  private static final long PATIENCE_MILLIS = 2000;

  private final Dynamo dynamo;
  private final DynamoSettings settings;
  private final Map<String, Table> kept = new ConcurrentHashMap<>();

  TableCatalog(Dynamo dynamo, DynamoSettings settings) {
    this.dynamo = dynamo;
    this.settings = settings;
  }

  /**
   * The table of a collection, or null where the namespace sees none. Its columns are those of its
   * key, the partition key first, each of the native type S, N or B; it is open.
   *
   * @param collection {@code [A-Za-z0-9_.-]}, as the runtime has checked
   * @throws PrismException OVERLOADED, BACKEND_UNAVAILABLE
   */
  @Nullable Table table(String namespace, String collection) {
    String name = settings.tables().table(namespace, collection);
    if (name == null || name.equals(settings.table())) {
      return null;
    }
    Table known = kept.get(name);
    if (known != null) {
      return known;
    }
    Table table =
        describe(name)
            .filter(described -> !ItemTable.hasKeyOf(described))
            .map(described -> table(collection, described))
            .orElse(null);
    if (table == null) {
      return null;
    }
    if (kept.size() >= MOST_KEPT) {
      kept.clear();
    }
    kept.put(name, table);
    return table;
  }

  /** A request found the table gone, or with another key: it is described anew when next asked. */
  void forget(Table table) {
    kept.remove(table.physicalName());
  }

  /** Empty where it is not there, not yet, or where the plugin may not look at it. */
  private Optional<TableDescription> describe(String name) {
    return dynamo
        .read(
            Deadline.within(PATIENCE_MILLIS),
            client -> {
              try {
                return Optional.of(client.describeTable(ask -> ask.tableName(name)).table());
              } catch (ResourceNotFoundException e) {
                return Optional.<TableDescription>empty();
              } catch (DynamoDbException e) {
                if (Failure.code(e).equals("AccessDeniedException")) {
                  return Optional.<TableDescription>empty();
                }
                throw e;
              }
            })
        .filter(described -> described.tableStatus() != TableStatus.CREATING);
  }

  private static Table table(String collection, TableDescription described) {
    List<Column> key = new ArrayList<>();
    for (KeyType type : List.of(KeyType.HASH, KeyType.RANGE)) {
      for (KeySchemaElement element : described.keySchema()) {
        if (element.keyType() == type) {
          key.add(column(element.attributeName(), described));
        }
      }
    }
    return new Table(collection, described.tableName(), key, key, true);
  }

  private static Column column(String name, TableDescription described) {
    for (AttributeDefinition attribute : described.attributeDefinitions()) {
      if (attribute.attributeName().equals(name)) {
        Kind kind =
            switch (attribute.attributeType()) {
              case S -> Kind.STRING;
              case N -> Kind.DECIMAL;
              case B -> Kind.BYTES;
              case UNKNOWN_TO_SDK_VERSION -> Kind.ANY;
            };
        return new Column(name, kind, false, attribute.attributeTypeAsString());
      }
    }
    throw PrismException.of(Reason.INTERNAL, "DynamoDB describes a table without its key's type");
  }
}
