package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.ReaderFixture.value;
import static dev.prism.conformance.TableSpec.column;
import static dev.prism.conformance.TableSpec.nullable;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Filters let through the rows that {@code value.proto} says, whatever they are made of. */
public interface ReaderFilters extends ReaderFixture {
  /** The kinds that have an order, as far as the backend has them. */
  private List<Kind> ordered() {
    return tables().kinds().stream()
        .filter(kind -> kind.isOrdered() && kind != Kind.ANY)
        .sorted()
        .toList();
  }

  /** A column of each kind, named as the kind, and a list where there are lists. */
  private TableSpec everyKind() {
    List<Column> columns = new ArrayList<>(List.of(column("number", Kind.INT64)));
    ordered().forEach(kind -> columns.add(nullable("c_" + kind, kind)));
    if (tables().kinds().contains(Kind.LIST)) {
      columns.add(nullable("c_LIST", Kind.LIST));
    }
    return new TableSpec(columns, List.of("number"));
  }

  private List<Map<String, Value>> rowsOfEveryKind(Random random, int count) {
    List<Map<String, Value>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, Value> row = new HashMap<>();
      row.put("number", Values.of((long) i));
      for (Column column : everyKind().columns().subList(1, everyKind().columns().size())) {
        List<Value> examples = ReaderValues.examples(column.kind());
        if (random.nextInt(6) > 0) {
          row.put(column.name(), examples.get(random.nextInt(examples.size())));
        }
      }
      rows.add(row);
    }
    return rows;
  }

  private List<Long> matching(String table, Filter filter) {
    return numbers(
        pages(
            QueryRequest.newBuilder()
                .setCollection(table)
                .addColumns("number")
                .setFilter(filter)
                .setPageSize(7)
                .build()),
        "number");
  }

  private static List<Long> expected(List<Map<String, Value>> rows, Filter filter) {
    return rows.stream()
        .filter(row -> FilterModel.holds(filter, row))
        .map(row -> value(row, "number").getInt64Value())
        .toList();
  }

  @Test
  default void everyComparisonHoldsForEveryKindAsTheContractSays() {
    List<Map<String, Value>> rows = rowsOfEveryKind(new Random(1), 60);
    String table = tableOf(everyKind(), rows);

    for (Kind kind : ordered()) {
      for (Value value : ReaderValues.examples(kind)) {
        for (Operator op :
            List.of(
                Operator.OPERATOR_EQUAL,
                Operator.OPERATOR_NOT_EQUAL,
                Operator.OPERATOR_LESS,
                Operator.OPERATOR_LESS_OR_EQUAL,
                Operator.OPERATOR_GREATER,
                Operator.OPERATOR_GREATER_OR_EQUAL)) {
          Filter filter = compare("c_" + kind, op, value);
          assertThat(matching(table, filter)).as("%s", filter).isEqualTo(expected(rows, filter));
        }
      }
    }
  }

  @Test
  default void textIsMatchedLiterallyWhateverItHolds() {
    TableSpec spec =
        new TableSpec(
            List.of(column("number", Kind.INT64), nullable("text", Kind.STRING)),
            List.of("number"));
    List<String> texts =
        List.of(
            "", "%", "_", "100%", "a_b", "axb", "ab", "AB", "a\\b", "a'b", "ää", "xäx", "*", "a*");
    List<Map<String, Value>> rows = new ArrayList<>();
    for (String text : texts) {
      rows.add(Map.of("number", Values.of((long) rows.size()), "text", Values.of(text)));
    }
    rows.add(Map.of("number", Values.of((long) rows.size())));
    String table = tableOf(spec, rows);

    for (String text : texts) {
      for (Operator op :
          List.of(
              Operator.OPERATOR_CONTAINS,
              Operator.OPERATOR_STARTS_WITH,
              Operator.OPERATOR_ENDS_WITH)) {
        Filter filter = compare("text", op, Values.of(text));
        assertThat(matching(table, filter)).as("%s", filter).isEqualTo(expected(rows, filter));
      }
    }
  }

  @Test
  default void aListContainsItsElements() {
    needs(Kind.LIST);
    List<Map<String, Value>> rows = rowsOfEveryKind(new Random(2), 30);
    String table = tableOf(everyKind(), rows);

    for (String text : List.of("a", "a b", "", "c", "b")) {
      Filter filter = compare("c_LIST", Operator.OPERATOR_CONTAINS, Values.of(text));
      assertThat(matching(table, filter)).as("%s", filter).isEqualTo(expected(rows, filter));
    }
  }

  @Test
  default void numbersOfAllKindsCompareByWhatTheyAreWorth() {
    TableSpec spec =
        new TableSpec(
            List.of(
                column("number", Kind.INT64), column("n", Kind.INT64), column("x", Kind.DOUBLE)),
            List.of("number"));
    List<Map<String, Value>> rows = new ArrayList<>();
    for (int i = -6; i <= 6; i++) {
      rows.add(
          Map.of(
              "number",
              Values.of((long) i + 6),
              "n",
              Values.of((long) i),
              "x",
              Values.of(i / 2.0)));
    }
    String table = tableOf(spec, rows);

    for (String column : List.of("n", "x")) {
      for (Value value :
          List.of(
              Values.of(2L),
              Values.of(2.0),
              Values.of(1.5),
              ReaderValues.decimal("2.00"),
              ReaderValues.decimal("-1.5"))) {
        for (Operator op : List.of(Operator.OPERATOR_EQUAL, Operator.OPERATOR_LESS)) {
          Filter filter = compare(column, op, value);
          assertThat(matching(table, filter)).as("%s", filter).isEqualTo(expected(rows, filter));
        }
      }
    }
  }

  @Test
  default void filtersOfEveryShapeLetThroughWhatTheModelDoes() {
    Random random = new Random(3);
    List<Map<String, Value>> rows = rowsOfEveryKind(random, 80);
    String table = tableOf(everyKind(), rows);

    for (int i = 0; i < 300; i++) {
      Filter filter = randomFilter(random, 4);
      List<Long> expected = expected(rows, filter);
      assertThat(matching(table, filter)).as("%s", filter).isEqualTo(expected);
      assertThat(
              api()
                  .count(CountRequest.newBuilder().setCollection(table).setFilter(filter).build())
                  .getCount())
          .isEqualTo(expected.size());
    }
  }

  private Filter randomFilter(Random random, int depth) {
    List<Kind> ordered = ordered();
    Kind kind = ordered.get(random.nextInt(ordered.size()));
    List<Value> examples = ReaderValues.examples(kind);
    Value value = examples.get(random.nextInt(examples.size()));
    String column = "c_" + kind;
    return switch (random.nextInt(depth > 0 ? 9 : 5)) {
      case 0, 1 -> compare(column, Operator.forNumber(1 + random.nextInt(6)), value);
      case 2 ->
          Filter.newBuilder()
              .setMembership(
                  Membership.newBuilder()
                      .setColumn(column)
                      .addValues(value)
                      .addValues(examples.get(random.nextInt(examples.size())))
                      .setExcluded(random.nextBoolean()))
              .build();
      case 3 -> Filter.newBuilder().setIsNull(column).build();
      case 4 ->
          kind == Kind.STRING
              ? compare(column, Operator.forNumber(7 + random.nextInt(3)), value)
              : compare(column, Operator.OPERATOR_EQUAL, value);
      case 5, 6 -> Filter.newBuilder().setNegation(randomFilter(random, depth - 1)).build();
      default -> {
        FilterList.Builder list = FilterList.newBuilder();
        for (int i = 0; i <= random.nextInt(3); i++) {
          list.addFilters(randomFilter(random, depth - 1));
        }
        yield random.nextBoolean()
            ? Filter.newBuilder().setAllOf(list).build()
            : Filter.newBuilder().setAnyOf(list).build();
      }
    };
  }

  @Test
  default void aFilterThatIsNoneIsRefused() {
    TableSpec spec =
        new TableSpec(
            List.of(column("number", Kind.INT64), column("text", Kind.STRING)), List.of("number"));
    String table = tableOf(spec, List.of(Map.of("number", Values.of(1L), "text", Values.of("x"))));
    Filter deep = Filter.newBuilder().setIsNull("number").build();
    for (int i = 0; i < 32; i++) {
      deep = Filter.newBuilder().setNegation(deep).build();
    }
    FilterList.Builder wide = FilterList.newBuilder();
    for (int i = 0; i < 256; i++) {
      wide.addFilters(Filter.newBuilder().setIsNull("number"));
    }
    Membership.Builder many = Membership.newBuilder().setColumn("number");
    for (int i = 0; i < 1001; i++) {
      many.addValues(Values.of((long) i));
    }
    List<Filter> wrong =
        new ArrayList<>(
            List.of(
                Filter.getDefaultInstance(),
                deep,
                Filter.newBuilder().setAllOf(wide).build(),
                Filter.newBuilder().setAllOf(FilterList.getDefaultInstance()).build(),
                Filter.newBuilder().setMembership(many).build(),
                Filter.newBuilder()
                    .setMembership(Membership.newBuilder().setColumn("number"))
                    .build(),
                Filter.newBuilder().setIsNull("").build(),
                compare("number", Operator.OPERATOR_EQUAL, Values.NULL),
                compare("number", Operator.OPERATOR_EQUAL, Value.getDefaultInstance()),
                compare("number", Operator.OPERATOR_UNSPECIFIED, Values.of(1L)),
                compare("text", Operator.OPERATOR_STARTS_WITH, Values.of(1L)),
                compare(
                    "number",
                    Operator.OPERATOR_EQUAL,
                    Value.newBuilder().setDecimalValue("1e5").build()),
                Filter.newBuilder()
                    .setComparison(
                        Comparison.newBuilder()
                            .setColumn("number")
                            .setOpValue(99)
                            .setValue(Values.of(1L)))
                    .build()));
    if (!tables().areOpen()) {
      wrong.addAll(
          List.of(
              Filter.newBuilder().setIsNull("no").build(),
              compare("no", Operator.OPERATOR_EQUAL, Values.of(1L)),
              compare("number", Operator.OPERATOR_EQUAL, Values.of("1")),
              compare("number", Operator.OPERATOR_CONTAINS, Values.of(1L))));
    }

    for (Filter filter : wrong) {
      assertFails(Reason.FIELD_INVALID, () -> matching(table, filter));
    }
  }
}
