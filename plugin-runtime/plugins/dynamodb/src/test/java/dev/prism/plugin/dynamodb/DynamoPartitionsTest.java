package dev.prism.plugin.dynamodb;

import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.rows;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.FilterModel;
import dev.prism.reader.v1.CountRequest;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Reads of tables with several partitions: what is looked at, in which order, what is let through.
 */
@Tag("conformance")
class DynamoPartitionsTest extends DynamoTablesFixture {
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
          .extracting(DynamoPartitionsTest::place)
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
      Comparator<Map<String, Value>> order = Comparator.comparingDouble(DynamoPartitionsTest::at);

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

    assertThat(read).extracting(DynamoPartitionsTest::at).containsExactly(1.5, 2.5, 3.0, 4.5, 5.5);
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
              .map(DynamoPartitionsTest::place)
              .toList();

      assertThat(read(query("filtered").setFilter(filter).setPageSize(9)))
          .as("%s", filter)
          .extracting(DynamoPartitionsTest::place)
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
                    .thenComparingDouble(DynamoPartitionsTest::at))
            .map(DynamoPartitionsTest::place)
            .toList();
    for (int size : List.of(1, 7, 1000)) {
      List<Map<String, Value>> read =
          read(query("sorted").addSort(sort("n", true)).setPageSize(size));

      assertThat(read).extracting(DynamoPartitionsTest::place).isEqualTo(expected);
    }
  }
}
