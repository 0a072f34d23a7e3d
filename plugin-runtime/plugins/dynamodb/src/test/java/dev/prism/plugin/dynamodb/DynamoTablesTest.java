package dev.prism.plugin.dynamodb;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.rows;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.DynamoTables;
import dev.prism.conformance.FilterModel;
import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.ReaderApi;
import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What is particular to DynamoDB's tables: partitions, keys, types, and which of them are seen. */
@Tag("conformance")
class DynamoTablesTest {
  private static final ScalarAttributeType TEXT = ScalarAttributeType.S;
  private static final ScalarAttributeType NUMBER = ScalarAttributeType.N;
  @TempDir private static Path directory;
  private static DynamoDbServer server;
  private static Interposed between;
  private static DynamoTables tables;
  private static HostedPlugin plugin;
  private static ReaderApi api;

  @BeforeAll
  static void start() {
    server = DynamoDbServer.forTests(directory);
    between = new Interposed(server.url());
    tables = DynamoTables.of(server.settings(), "shop.");
    Map<String, String> settings = new HashMap<>(server.settings());
    settings.put("DYNAMODB_ENDPOINT", between.url());
    settings.put("DYNAMODB_TABLE", "shop.values");
    plugin =
        new HostedPlugin(new DynamoPlugin(), PluginConfig.of(settings), InstantSource.system());
    api = plugin.reader("shop");
  }

  @AfterAll
  static void stop() {
    plugin.close();
    tables.client().close();
    between.close();
    server.close();
  }

  private static QueryRequest.Builder query(String table) {
    return QueryRequest.newBuilder().setCollection(table);
  }

  private static Filter all(Filter... filters) {
    return Filter.newBuilder()
        .setAllOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  private static List<Map<String, Value>> read(QueryRequest.Builder query) {
    List<Page> pages = new ArrayList<>();
    api.query(query.build()).forEachRemaining(response -> pages.add(response.getPage()));
    return rows(pages);
  }

  private static Sort sort(String column, boolean descending) {
    return Sort.newBuilder().setColumn(column).setDescending(descending).build();
  }

  /** A table of 5 partitions with 12 items each. */
  private static List<Map<String, Value>> sales(String table) {
    tables.create(table, "city", TEXT, "at", NUMBER);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (String city : List.of("Bonn", "Köln", "Ulm", "Jena", "Hof")) {
      for (long at = -4; at < 8; at++) {
        Map<String, Value> row = new HashMap<>();
        row.put("city", Values.of(city));
        row.put("at", at % 3 == 0 ? Values.of(at) : Values.of(BigDecimal.valueOf(at + 0.5)));
        row.put("n", Values.of(Math.floorMod(at * 7 + city.length(), 5)));
        rows.add(row);
      }
    }
    tables.put(table, rows);
    return rows;
  }

  private static double at(Map<String, Value> row) {
    Value at = row.getOrDefault("at", Values.NULL);
    return at.hasInt64Value() ? at.getInt64Value() : Double.parseDouble(at.getDecimalValue());
  }

  private static String place(Map<String, Value> row) {
    return row.getOrDefault("city", Values.NULL).getStringValue() + at(row);
  }

  @Test
  void everyRowOfEveryPartitionComesOnceInPagesOfEverySize() {
    List<Map<String, Value>> all = sales("scanned");

    for (int size : List.of(1, 7, 60, 1000)) {
      List<Map<String, Value>> read = read(query("scanned").setPageSize(size));

      assertThat(read)
          .extracting(DynamoTablesTest::place)
          .doesNotHaveDuplicates()
          .hasSize(all.size());
    }
  }

  @Test
  void aPartitionIsReadInTheOrderOfItsSortKeyBothWaysAndNothingElseIsLookedAt() {
    sales("ordered");
    Filter ofUlm = compare("city", Operator.OPERATOR_EQUAL, Values.of("Ulm"));
    int scans = between.requests("Scan").size();
    for (boolean descending : List.of(false, true)) {
      Comparator<Map<String, Value>> order = Comparator.comparingDouble(DynamoTablesTest::at);

      List<Map<String, Value>> read =
          read(query("ordered").setFilter(ofUlm).addSort(sort("at", descending)).setPageSize(5));

      assertThat(read).hasSize(12).isSortedAccordingTo(descending ? order.reversed() : order);
    }
    assertThat(between.requests("Scan")).hasSize(scans);
  }

  @Test
  void aRangeOfTheSortKeyIsAllThatIsRead() {
    sales("ranged");
    Filter filter =
        all(
            compare("city", Operator.OPERATOR_EQUAL, Values.of("Bonn")),
            compare("at", Operator.OPERATOR_GREATER, Values.of(0L)),
            compare("at", Operator.OPERATOR_LESS, Values.of(6L)));

    List<Map<String, Value>> read = read(query("ranged").setFilter(filter));

    assertThat(read).extracting(DynamoTablesTest::at).containsExactly(1.5, 2.5, 3.0, 4.5, 5.5);
    assertThat(between.requests("Query").getLast().body()).contains("BETWEEN");
  }

  @Test
  void filtersOfEveryShapeLetThroughWhatTheConditionsSay() {
    List<Map<String, Value>> all = sales("filtered");
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      Filter ofCity =
          compare(
              "city", Operator.OPERATOR_EQUAL, Values.of(random.nextBoolean() ? "Köln" : "Hof"));
      Filter one = random(random, 3);
      Filter filter = random.nextBoolean() ? all(ofCity, one) : one;
      List<String> expected =
          all.stream()
              .filter(row -> FilterModel.holds(filter, row))
              .map(DynamoTablesTest::place)
              .toList();

      assertThat(read(query("filtered").setFilter(filter).setPageSize(9)))
          .as("%s", filter)
          .extracting(DynamoTablesTest::place)
          .containsExactlyInAnyOrderElementsOf(expected);
      assertThat(
              api.count(
                      CountRequest.newBuilder().setCollection("filtered").setFilter(filter).build())
                  .getCount())
          .as("%s", filter)
          .isEqualTo(expected.size());
    }
  }

  private static Filter random(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 7)) {
      case 0 ->
          compare(
              "at",
              Operator.forNumber(1 + random.nextInt(6)),
              random.nextBoolean()
                  ? Values.of((long) random.nextInt(8) - 4)
                  : Values.of(random.nextInt(16) / 2.0 - 4));
      case 1 ->
          compare(
              "city",
              Operator.forNumber(1 + random.nextInt(9)),
              Values.of(List.of("Köln", "Ulm", "n", "", "B").get(random.nextInt(5))));
      case 2 ->
          compare(
              "n", Operator.forNumber(1 + random.nextInt(6)), Values.of((long) random.nextInt(5)));
      case 3 ->
          Filter.newBuilder()
              .setMembership(
                  Membership.newBuilder()
                      .setColumn(random.nextBoolean() ? "at" : "n")
                      .addValues(Values.of((long) random.nextInt(5)))
                      .addValues(Values.of(2.5))
                      .setExcluded(random.nextBoolean()))
              .build();
      case 4 -> Filter.newBuilder().setNegation(random(random, depth - 1)).build();
      case 5 -> all(random(random, depth - 1), random(random, depth - 1));
      default ->
          Filter.newBuilder()
              .setAnyOf(
                  FilterList.newBuilder()
                      .addFilters(random(random, depth - 1))
                      .addFilters(random(random, depth - 1)))
              .build();
    };
  }

  @Test
  void anyOtherOrderIsKeptOverAllPartitionsInPagesOfEverySize() {
    List<Map<String, Value>> all = sales("sorted");
    List<String> expected =
        all.stream()
            .sorted(
                Comparator.<Map<String, Value>>comparingLong(
                        row -> -row.getOrDefault("n", Values.NULL).getInt64Value())
                    .thenComparing(row -> row.getOrDefault("city", Values.NULL), Values::compare)
                    .thenComparingDouble(DynamoTablesTest::at))
            .map(DynamoTablesTest::place)
            .toList();
    for (int size : List.of(1, 7, 1000)) {
      List<Map<String, Value>> read =
          read(query("sorted").addSort(sort("n", true)).setPageSize(size));

      assertThat(read).extracting(DynamoTablesTest::place).isEqualTo(expected);
    }
  }

  @Test
  void aSortedPageIsBoundedByItsBytes() {
    tables.create("large", "id", NUMBER, "", TEXT);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (long id = 0; id < 100; id++) {
      rows.add(Map.of("id", Values.of(id), "text", Values.of("x".repeat(20_000))));
    }
    tables.put("large", rows);
    List<Page> pages = new ArrayList<>();

    api.query(query("large").addSort(sort("id", true)).setPageBytes(100_000).build())
        .forEachRemaining(response -> pages.add(response.getPage()));

    assertThat(pages).allMatch(page -> page.getSerializedSize() < 110_000);
    assertThat(rows(pages))
        .extracting(row -> row.getOrDefault("id", Values.NULL).getInt64Value())
        .hasSize(100)
        .isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void itemsOfManyMebibytesAreReadInParts() {
    tables.create("mebibytes", "id", NUMBER, "", TEXT);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (long id = 0; id < 30; id++) {
      rows.add(
          Map.of(
              "id", Values.of(id), "text", Values.of("x".repeat(100_000)), "n", Values.of(id % 2)));
    }
    tables.put("mebibytes", rows);
    Filter odd = compare("n", Operator.OPERATOR_EQUAL, Values.of(1.0));

    assertThat(read(query("mebibytes").addColumns("id").setFilter(odd))).hasSize(15);
    assertThat(api.count(CountRequest.newBuilder().setCollection("mebibytes").build()).getCount())
        .isEqualTo(30);
  }

  @Test
  void aKeyMayBeBytesOrANumberWithAllOfItsDigits() {
    tables.create("keys", "id", ScalarAttributeType.B, "at", NUMBER);
    Value id = Values.of(new byte[] {0, -1});
    Value at =
        Value.newBuilder().setDecimalValue("1.0000000000000000000000000000000000001").build();
    tables.put("keys", List.of(Map.of("id", id, "at", at), Map.of("id", id, "at", Values.of(1L))));

    var got =
        api.get(
            GetRequest.newBuilder()
                .setCollection("keys")
                .putKey("id", id)
                .putKey("at", at)
                .build());

    assertThat(got.getRow().getValuesList()).containsExactly(id, at);
    assertThat(read(query("keys").setPageSize(1)))
        .containsExactly(Map.of("id", id, "at", Values.of(1L)), Map.of("id", id, "at", at));
    Filter equal =
        all(compare("id", Operator.OPERATOR_EQUAL, id), compare("at", Operator.OPERATOR_EQUAL, at));
    assertThat(read(query("keys").setFilter(equal))).hasSize(1);
  }

  @Test
  void setsAreListsThatContainTheirElements() {
    tables.create("sets", "id", TEXT, "", TEXT);
    tables
        .client()
        .putItem(
            put ->
                put.tableName("shop.sets")
                    .item(
                        Map.of(
                            "id", AttributeValue.fromS("x"),
                            "words", AttributeValue.fromSs(List.of("a", "b")),
                            "numbers", AttributeValue.fromNs(List.of("1", "2.5")))));

    for (Filter filter :
        List.of(
            compare("words", Operator.OPERATOR_CONTAINS, Values.of("b")),
            compare("numbers", Operator.OPERATOR_CONTAINS, Values.of(2.5)),
            compare("numbers", Operator.OPERATOR_CONTAINS, Values.of(1L)))) {
      assertThat(read(query("sets").setFilter(filter))).as("%s", filter).hasSize(1);
    }
    assertThat(
            read(
                query("sets")
                    .setFilter(compare("words", Operator.OPERATOR_CONTAINS, Values.of("")))))
        .isEmpty();
  }

  @Test
  void aTableWithoutItemsIsAnEmptyPage() {
    tables.create("empty", "id", TEXT, "", TEXT);

    assertThat(read(query("empty"))).isEmpty();
  }

  @Test
  void tablesOfValuesAreNotSeen() {
    tables.create("others-values", "pk", ScalarAttributeType.B, "sk", ScalarAttributeType.B);
    plugin
        .keyValue("shop")
        .put(
            dev.prism.keyvalue.v1.PutRequest.newBuilder()
                .setCollection("c")
                .setKey("k")
                .setValue(ByteString.copyFromUtf8("v"))
                .build());

    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("values")));
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("others-values")));
  }

  @Test
  void aTableThatIsRemovedIsNotFoundAndOneWithAnotherKeyIsReadByIt() {
    tables.create("anew", "id", TEXT, "", TEXT);
    tables.put("anew", List.of(Map.of("id", Values.of("x")), Map.of("id", Values.of("y"))));
    ByteString cursor =
        api.query(query("anew").setLimit(1).build()).next().getPage().getNextCursor();
    tables.client().deleteTable(delete -> delete.tableName("shop.anew"));
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("anew")));

    tables.create("anew", "number", NUMBER, "", TEXT);
    tables.put("anew", List.of(Map.of("number", Values.of(1L))));

    assertThat(read(query("anew"))).containsExactly(Map.of("number", Values.of(1L)));
    assertFails(Reason.CURSOR_INVALID, () -> read(query("anew").setCursor(cursor)));
  }
}
