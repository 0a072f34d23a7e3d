package dev.prism.conformance;

import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Tables as another program than Prism makes them in DynamoDB. One has an order within a partition
 * alone, so that all rows of a test's table are in one; the sort key is the key of the test's, or
 * where that has several columns a text in the order of these.
 *
 * @param client of the tests' own
 * @param prefix what stands before a table's name at DynamoDB
 */
public record DynamoTables(DynamoDbClient client, String prefix) implements TestTables {
  private static final String PARTITION = "part";
  private static final Value ONE_PARTITION = Values.of("p");
  private static final String JOINED = "joined";

  /** DynamoDB takes no more puts at once. */
  private static final int BATCH = 25;

  /**
   * Of the server that a plugin's settings name.
   *
   * @param prefix what stands before a table's name at DynamoDB
   */
  public static DynamoTables of(Map<String, String> settings, String prefix) {
    AwsBasicCredentials credentials =
        AwsBasicCredentials.create(
            Objects.requireNonNull(settings.get("AWS_ACCESS_KEY_ID")),
            Objects.requireNonNull(settings.get("AWS_SECRET_ACCESS_KEY")));
    return new DynamoTables(
        DynamoDbClient.builder()
            .region(Region.of(Objects.requireNonNull(settings.get("AWS_REGION"))))
            .endpointOverride(URI.create(Objects.requireNonNull(settings.get("DYNAMODB_ENDPOINT"))))
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build(),
        prefix);
  }

  /** Whole numbers that fit are int64, all others decimals. */
  @Override
  public Set<Kind> kinds() {
    return EnumSet.of(Kind.BOOL, Kind.INT64, Kind.STRING, Kind.BYTES, Kind.LIST, Kind.DOCUMENT);
  }

  @Override
  public boolean areOpen() {
    return true;
  }

  @Override
  public List<String> columns(TableSpec spec) {
    Set<String> columns = new LinkedHashSet<>(List.of(PARTITION, sortKey(spec)));
    spec.columns().stream().map(each -> each.name()).sorted().forEach(columns::add);
    return new ArrayList<>(columns);
  }

  @Override
  public Map<String, Value> key(String table, TableSpec spec, Map<String, Value> row) {
    Map<String, Value> key = new HashMap<>();
    key.put(PARTITION, ONE_PARTITION);
    key.put(
        sortKey(spec),
        spec.key().size() == 1
            ? ReaderFixture.value(row, spec.key().getFirst())
            : joined(spec, row));
    return key;
  }

  private static String sortKey(TableSpec spec) {
    return spec.key().size() == 1 ? spec.key().getFirst() : JOINED;
  }

  private static Value joined(TableSpec spec, Map<String, Value> row) {
    StringJoiner text = new StringJoiner("/");
    for (String column : spec.key()) {
      Value value = ReaderFixture.value(row, column);
      text.add(
          value.hasInt64Value()
              ? String.format(Locale.ROOT, "%019d", value.getInt64Value())
              : value.getStringValue());
    }
    return Values.of(text.toString());
  }

  @Override
  public void create(String table, TableSpec spec) {
    boolean number =
        spec.key().size() == 1
            && spec.columns().stream()
                .anyMatch(
                    column ->
                        column.name().equals(spec.key().getFirst()) && column.kind() == Kind.INT64);
    create(
        table,
        PARTITION,
        ScalarAttributeType.S,
        sortKey(spec),
        number ? ScalarAttributeType.N : ScalarAttributeType.S);
  }

  /** Makes a table with this partition key and this sort key, an empty name for none. */
  public void create(
      String table,
      String partition,
      ScalarAttributeType partitionType,
      String sort,
      ScalarAttributeType sortType) {
    List<KeySchemaElement> key = new ArrayList<>(List.of(part(partition, KeyType.HASH)));
    List<AttributeDefinition> types = new ArrayList<>(List.of(type(partition, partitionType)));
    if (!sort.isEmpty()) {
      key.add(part(sort, KeyType.RANGE));
      types.add(type(sort, sortType));
    }
    client.createTable(
        make ->
            make.tableName(prefix + table)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .keySchema(key)
                .attributeDefinitions(types));
    client.waiter().waitUntilTableExists(wait -> wait.tableName(prefix + table));
  }

  private static KeySchemaElement part(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }

  private static AttributeDefinition type(String name, ScalarAttributeType type) {
    return AttributeDefinition.builder().attributeName(name).attributeType(type).build();
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    put(
        table,
        rows.stream()
            .map(
                row -> {
                  Map<String, Value> whole = new HashMap<>(row);
                  whole.putAll(key(table, spec, row));
                  return whole;
                })
            .toList());
  }

  /** Puts items as they are. */
  public void put(String table, List<Map<String, Value>> rows) {
    for (int from = 0; from < rows.size(); from += BATCH) {
      List<WriteRequest> puts = new ArrayList<>();
      for (Map<String, Value> row : rows.subList(from, Math.min(rows.size(), from + BATCH))) {
        puts.add(
            WriteRequest.builder()
                .putRequest(PutRequest.builder().item(item(row)).build())
                .build());
      }
      Map<String, List<WriteRequest>> left = Map.of(prefix + table, puts);
      while (!left.isEmpty()) {
        Map<String, List<WriteRequest>> asked = left;
        left = client.batchWriteItem(write -> write.requestItems(asked)).unprocessedItems();
      }
    }
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    client.deleteItem(delete -> delete.tableName(prefix + table).key(item(key(table, spec, key))));
  }

  private static Map<String, AttributeValue> item(Map<String, Value> row) {
    Map<String, AttributeValue> item = new HashMap<>();
    row.forEach((name, value) -> item.put(name, attribute(value)));
    return item;
  }

  private static AttributeValue attribute(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE -> AttributeValue.fromNul(true);
      case BOOL_VALUE -> AttributeValue.fromBool(value.getBoolValue());
      case INT64_VALUE -> AttributeValue.fromN(String.valueOf(value.getInt64Value()));
      case DOUBLE_VALUE -> AttributeValue.fromN(String.valueOf(value.getDoubleValue()));
      case DECIMAL_VALUE -> AttributeValue.fromN(value.getDecimalValue());
      case STRING_VALUE -> AttributeValue.fromS(value.getStringValue());
      case BYTES_VALUE ->
          AttributeValue.fromB(SdkBytes.fromByteArray(value.getBytesValue().toByteArray()));
      case LIST_VALUE ->
          AttributeValue.fromL(
              value.getListValue().getValuesList().stream().map(DynamoTables::attribute).toList());
      case MAP_VALUE -> AttributeValue.fromM(item(value.getMapValue().getEntriesMap()));
      case TIMESTAMP_VALUE, DATE_VALUE, UUID_VALUE, KIND_NOT_SET ->
          throw new IllegalArgumentException("no item has a " + value.getKindCase());
    };
  }
}
