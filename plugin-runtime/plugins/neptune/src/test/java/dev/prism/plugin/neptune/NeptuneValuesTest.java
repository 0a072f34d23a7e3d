package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.prism.conformance.GremlinTables;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.testservers.GremlinServer;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One property that holds values of all kinds: whatever Gremlin makes of them, a filter lets
 * through and an order has what {@link Condition#holds} and {@link Values#order} say.
 */
@Tag("conformance")
class NeptuneValuesTest {
  private static final List<Value> MIXED = new ArrayList<>();

  static {
    for (boolean flag : new boolean[] {false, true}) {
      MIXED.add(Values.of(flag));
    }
    for (long number :
        new long[] {Long.MIN_VALUE, -1, 0, 1, 1L << 53, (1L << 53) + 1, Long.MAX_VALUE}) {
      MIXED.add(Values.of(number));
    }
    for (double number :
        new double[] {
          Double.NEGATIVE_INFINITY, -1, -0.0, 0.0, 0.1, 0.5, 1, 0x1p53, 1e300, 1.0 / 0, 0.0 / 0
        }) {
      MIXED.add(Values.of(number));
    }
    for (String number :
        List.of("0.1", "0.10", "0.10000000000000001", "0.5", "1", "9007199254740993")) {
      MIXED.add(Values.of(new BigDecimal(number)));
    }
    // The last three are in another order by their UTF-16 units than by their bytes.
    for (String text : List.of("", "1", "a", "ab", "b", "true", "x\ue000", "x\uff01", "x🙂")) {
      MIXED.add(Values.of(text));
    }
    for (int nanos : new int[] {0, 123_000_000, 123_456_000}) {
      MIXED.add(
          Value.newBuilder()
              .setTimestampValue(Timestamp.newBuilder().setSeconds(1_700_000_000).setNanos(nanos))
              .build());
    }
    MIXED.add(Value.newBuilder().setUuidValue("80000000-1111-4222-8333-444444444444").build());
    MIXED.add(list(Values.of("a"), Values.of("b")));
    MIXED.add(list(Values.of(1L), Values.of("a"), Values.of(true)));
  }

  @TempDir private static Path directory;
  private static GremlinServer server;
  private static NeptuneReader reader;

  /** What each row has, by its id; some have nothing. */
  private static final Map<String, Value> ROWS = new TreeMap<>();

  private static Value list(Value... values) {
    return Value.newBuilder()
        .setListValue(ListValue.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  @BeforeAll
  static void startServer() {
    server = GremlinServer.forTests(directory.resolve("server"));
    reader =
        new NeptuneReader(
            NeptuneSettings.of(PluginConfig.of(Map.of("NEPTUNE_ENDPOINT", server.url()))));
    GremlinTables tables = new GremlinTables(server.url(), "default/");
    for (int i = 0; i < 2 * MIXED.size(); i++) {
      Value value = i % 7 == 6 ? Values.NULL : MIXED.get(i % MIXED.size());
      String id = "mixed%03d".formatted((i * 37) % 1000);
      ROWS.put(id, value);
      tables.add("mixed", id, value.hasNullValue() ? Map.of() : Map.of("v", value));
    }
  }

  @AfterAll
  static void stopServer() {
    reader.close();
    server.close();
  }

  private static List<String> ids(Condition filter, List<Order> sort, int pageRows) {
    Table table = reader.table("default", "mixed");
    Query query = new Query(table, List.of(Vertex.ID), filter, sort);
    List<String> ids = new ArrayList<>();
    byte[] position = null;
    while (true) {
      Chunk chunk =
          reader.read(
              "default",
              Consistency.STRONG,
              query,
              position,
              new PageSize(pageRows, 1 << 20),
              Gremlin.patience());
      chunk.rows().forEach(row -> ids.add(row.getFirst().getStringValue()));
      assertThat(ids).as("rows of %s, once each", filter).doesNotHaveDuplicates();
      if (chunk.end() == Chunk.End.TABLE) {
        return ids;
      }
      position = chunk.next();
    }
  }

  private static List<String> expected(Condition filter) {
    return ROWS.entrySet().stream()
        .filter(row -> filter.holds(column -> value(column, row)))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Value value(Column column, Map.Entry<String, Value> row) {
    return Vertex.isId(column) ? Values.of(row.getKey()) : row.getValue();
  }

  private static void check(Condition filter) {
    List<String> expected = expected(filter);
    assertThat(ids(filter, List.of(), 1000)).as("%s", filter).isEqualTo(expected);
    assertThat(
            reader.count(
                "default",
                Consistency.STRONG,
                reader.table("default", "mixed"),
                filter,
                Long.MAX_VALUE,
                Gremlin.patience()))
        .as("count of %s", filter)
        .isEqualTo(expected.size());
  }

  private static List<Operator> operators(Value value) {
    List<Operator> operators =
        new ArrayList<>(
            List.of(
                Operator.OPERATOR_EQUAL,
                Operator.OPERATOR_NOT_EQUAL,
                Operator.OPERATOR_LESS,
                Operator.OPERATOR_LESS_OR_EQUAL,
                Operator.OPERATOR_GREATER,
                Operator.OPERATOR_GREATER_OR_EQUAL,
                Operator.OPERATOR_CONTAINS));
    if (value.hasStringValue()) {
      operators.addAll(List.of(Operator.OPERATOR_STARTS_WITH, Operator.OPERATOR_ENDS_WITH));
    }
    return operators;
  }

  @Test
  void aComparisonHoldsAsTheContractSaysWhateverTheRowsHave() {
    for (Value value : MIXED.stream().filter(each -> Kind.of(each).isOrdered()).toList()) {
      for (Operator operator : operators(value)) {
        Condition comparison = new Condition.Comparison(Vertex.property("v"), operator, value);

        check(comparison);
        check(new Condition.Not(comparison));
      }
    }
  }

  @Test
  void aMembershipHoldsAsTheContractSaysWhateverTheRowsHave() {
    List<Value> values = MIXED.stream().filter(each -> Kind.of(each).isOrdered()).toList();
    for (int i = 0; i + 3 <= values.size(); i++) {
      for (boolean excluded : new boolean[] {false, true}) {
        check(new Condition.Membership(Vertex.property("v"), values.subList(i, i + 3), excluded));
      }
    }
  }

  @Test
  void anIdComparesAsTextDoes() {
    for (String text : List.of("", "mixed", "mixed5", "mixed037", "z", "x🙂")) {
      for (Operator operator : operators(Values.of(text))) {
        check(new Condition.Comparison(Vertex.ID, operator, Values.of(text)));
      }
    }
    check(new Condition.IsNull(Vertex.ID));
    check(
        new Condition.Membership(
            Vertex.ID, List.of(Values.of("mixed037"), Values.of("none")), false));
  }

  @Test
  void aNameThatGremlinKeepsForItselfIsOfNoProperty() {
    for (String name : List.of("~id", "~label", "~x")) {
      Column column = Vertex.property(name);
      for (String text : List.of("mixed037", "default/mixed")) {
        Condition equal =
            new Condition.Comparison(column, Operator.OPERATOR_EQUAL, Values.of(text));
        assertThat(ids(equal, List.of(), 1000)).isEmpty();
      }
      assertThat(ids(new Condition.IsNull(column), List.of(), 1000)).hasSize(ROWS.size());
    }
  }

  @Test
  void rowsStandInTheOrderOfTheContractWhateverTheyHave() {
    for (boolean descending : new boolean[] {false, true}) {
      Comparator<Map.Entry<String, Value>> order = Map.Entry.comparingByValue(Values::order);
      List<String> expected =
          ROWS.entrySet().stream()
              .sorted((descending ? order.reversed() : order).thenComparing(Map.Entry::getKey))
              .map(Map.Entry::getKey)
              .toList();
      List<Order> sort = List.of(new Order(Vertex.property("v"), descending));

      for (int pageRows : new int[] {1, 7, 1000}) {
        assertThat(ids(null, sort, pageRows)).isEqualTo(expected);
      }
    }
  }

  @Test
  void rowsMayStandInTheOrderOfTheirIds() {
    List<String> ids = List.copyOf(ROWS.keySet());

    assertThat(ids(null, List.of(new Order(Vertex.ID, false)), 7)).isEqualTo(ids);
    assertThat(ids(null, List.of(new Order(Vertex.ID, true)), 7)).isEqualTo(ids.reversed());
  }

  @Test
  void aPropertyOfSeveralValuesIsAList() {
    Chunk chunk =
        reader.read(
            "default",
            Consistency.STRONG,
            new Query(
                reader.table("default", "mixed"),
                List.of(Vertex.property("v")),
                new Condition.Comparison(
                    Vertex.property("v"), Operator.OPERATOR_CONTAINS, Values.of(true)),
                List.of()),
            null,
            new PageSize(1, 1000),
            Gremlin.patience());

    assertThat(chunk.rows().getFirst().getFirst().getListValue().getValuesList())
        .containsExactlyInAnyOrder(Values.of(1L), Values.of("a"), Values.of(true));
  }
}
