package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.ReaderFixture.value;
import static dev.prism.conformance.TableSpec.column;
import static dev.prism.conformance.TableSpec.nullable;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rows in an order of the caller's, across pages of every size. */
public interface ReaderOrders extends ReaderFixture {
  TableSpec MIXED =
      new TableSpec(
          List.of(
              column("number", Kind.INT64),
              nullable("word", Kind.STRING),
              nullable("n", Kind.INT64),
              nullable("x", Kind.DOUBLE)),
          List.of("number"));

  /** Rows with nulls, equals, and words that a locale would put elsewhere. */
  static List<Map<String, Value>> mixed() {
    List<String> words =
        new ArrayList<>(List.of("a", "B", "Z", "ä", "a b", "aB", "", "_", "é", "𐍈"));
    words.add(null);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (int i = 0; i < 44; i++) {
      Map<String, Value> row = new HashMap<>();
      row.put("number", Values.of((long) i));
      String word = words.get(i % words.size());
      if (word != null) {
        row.put("word", Values.of(word));
      }
      if (i % 5 != 0) {
        row.put("n", Values.of((long) (i * 7 % 4)));
      }
      if (i % 3 != 0) {
        row.put("x", Values.of(i % 2 == 0 ? -i / 4.0 : i / 8.0));
      }
      rows.add(row);
    }
    return rows;
  }

  private static Comparator<Map<String, Value>> order(List<Sort> sort) {
    Comparator<Map<String, Value>> order = (_, _) -> 0;
    for (Sort step : sort) {
      Comparator<Map<String, Value>> by =
          Comparator.comparing(
              row -> row.getOrDefault(step.getColumn(), Values.NULL), Values::compare);
      order = order.thenComparing(step.getDescending() ? by.reversed() : by);
    }
    return order.thenComparingLong(row -> value(row, "number").getInt64Value());
  }

  private void checkOrder(String table, List<Map<String, Value>> rows, Sort... sort) {
    List<Long> expected =
        rows.stream()
            .sorted(order(List.of(sort)))
            .map(row -> value(row, "number").getInt64Value())
            .toList();
    for (int pageSize : List.of(1, 3, 10_000)) {
      List<Page> pages =
          pages(
              QueryRequest.newBuilder()
                  .setCollection(table)
                  .addColumns("number")
                  .addAllSort(List.of(sort))
                  .setPageSize(pageSize)
                  .build());
      assertThat(numbers(pages, "number")).as("pages of %d", pageSize).isEqualTo(expected);
    }
  }

  private static Sort up(String column) {
    return Sort.newBuilder().setColumn(column).build();
  }

  private static Sort down(String column) {
    return Sort.newBuilder().setColumn(column).setDescending(true).build();
  }

  @Test
  default void textIsOrderedByteByByteWithNullFirst() {
    needs(Capability.SORT);
    String table = tableOf(MIXED, mixed());

    checkOrder(table, mixed(), up("word"));
    checkOrder(table, mixed(), down("word"));
  }

  @Test
  default void numbersAreOrderedByWhatTheyAreWorth() {
    needs(Capability.SORT);
    String table = tableOf(MIXED, mixed());

    checkOrder(table, mixed(), up("x"));
    checkOrder(table, mixed(), down("x"));
    checkOrder(table, mixed(), up("n"));
    checkOrder(table, mixed(), down("n"));
  }

  @Test
  default void severalColumnsOrderInTurnEachInItsOwnDirection() {
    needs(Capability.SORT);
    String table = tableOf(MIXED, mixed());

    checkOrder(table, mixed(), up("n"), up("word"));
    checkOrder(table, mixed(), down("n"), up("word"));
    checkOrder(table, mixed(), up("word"), down("n"), up("x"));
    checkOrder(table, mixed(), down("x"), down("word"), down("number"));
  }

  @Test
  default void theKeyItselfCanBeOrderedDownwards() {
    needs(Capability.SORT);
    String table = tableOf(MIXED, mixed());

    checkOrder(table, mixed(), down("number"));
    checkOrder(table, mixed(), up("number"), down("n"));
  }

  @Test
  default void anOrderThatIsNoneIsRefused() {
    needs(Capability.SORT);
    String table = tableOf(MIXED, mixed());
    QueryRequest.Builder query = QueryRequest.newBuilder().setCollection(table);

    if (!tables().areOpen()) {
      assertFails(Reason.FIELD_INVALID, () -> pages(query.clone().addSort(up("no")).build()));
    }
    assertFails(
        Reason.FIELD_INVALID,
        () -> pages(query.clone().addSort(up("n")).addSort(down("n")).build()));
    QueryRequest.Builder long9 = query.clone();
    for (int i = 0; i < 9; i++) {
      long9.addSort(up("n"));
    }
    assertFails(Reason.FIELD_INVALID, () -> pages(long9.build()));
  }

  @Test
  default void anOrderThatTheBackendCannotGiveIsRefused() {
    org.junit.jupiter.api.Assumptions.assumeFalse(capabilities().contains(Capability.SORT));
    String table = tableOf(MIXED, mixed());

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () -> pages(QueryRequest.newBuilder().setCollection(table).addSort(up("word")).build()));
  }
}
