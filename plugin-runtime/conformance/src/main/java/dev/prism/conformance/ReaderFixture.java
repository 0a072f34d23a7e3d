package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.Row;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a backend gives to the suite, and what the suite's parts share. */
public interface ReaderFixture {
  /** The backend's type as in {@code required-capabilities.txt}. */
  String backend();

  /** What the backend says it can do. */
  Set<Capability> capabilities();

  /** The service, in the tests' namespace. */
  ReaderApi api();

  /** The service in another namespace, in which there are no tables. */
  ReaderApi elsewhere();

  /** Tables of the tests' namespace. */
  TestTables tables();

  /** How many operations at random are compared with a model. */
  default int randomOperations() {
    return Counts.of(100_000, 20_000);
  }

  /** A new table with these rows. */
  default String tableOf(TableSpec spec, List<Map<String, Value>> rows) {
    String table = "t" + KeyValueFixture.Names.next();
    tables().create(table, spec);
    tables().insert(table, spec, rows);
    return table;
  }

  /** Skips the rest of the test where rows have no values of this kind. */
  default void needs(Kind kind) {
    assumeTrue(tables().kinds().contains(kind), () -> backend() + " has no " + kind);
  }

  /** Skips the rest of the test where the backend does not declare {@code capability}. */
  default void needs(Capability capability) {
    assumeTrue(capabilities().contains(capability), () -> backend() + " has no " + capability);
  }

  /** All pages of a read. */
  default List<Page> pages(ReadRequest request) {
    List<Page> pages = new ArrayList<>();
    api().read(request).forEachRemaining(response -> pages.add(response.getPage()));
    checkEnds(pages);
    return pages;
  }

  /** All pages of a query. */
  default List<Page> pages(QueryRequest request) {
    List<Page> pages = new ArrayList<>();
    api().query(request).forEachRemaining(response -> pages.add(response.getPage()));
    checkEnds(pages);
    return pages;
  }

  /** What holds of every stream of pages. */
  static void checkEnds(List<Page> pages) {
    assertThat(pages).isNotEmpty();
    for (Page page : pages.subList(0, pages.size() - 1)) {
      assertThat(page.getRowsCount()).as("rows of a page that is not the last").isPositive();
      assertThat(page.getNextCursor().isEmpty()).as("a page that is not the last ends").isFalse();
    }
    for (Page page : pages) {
      assertThat(page.getNextCursor().size()).isLessThanOrEqualTo(4096);
      for (Row row : page.getRowsList()) {
        assertThat(row.getValuesCount()).isEqualTo(page.getColumnsCount());
      }
    }
  }

  /** The rows of pages, each by its columns' names. */
  static List<Map<String, Value>> rows(List<Page> pages) {
    List<Map<String, Value>> rows = new ArrayList<>();
    for (Page page : pages) {
      for (Row row : page.getRowsList()) {
        rows.add(row(page.getColumnsList(), row));
      }
    }
    return rows;
  }

  /** A row by its columns' names. */
  static Map<String, Value> row(List<String> columns, Row row) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      values.put(columns.get(i), row.getValues(i));
    }
    return values;
  }

  /** What a row has in a column; a null value where it has nothing. */
  static Value value(Map<String, Value> row, String column) {
    return row.getOrDefault(column, Values.NULL);
  }

  /** The whole numbers in a column of pages. */
  static List<Long> numbers(List<Page> pages, String column) {
    return rows(pages).stream().map(row -> value(row, column).getInt64Value()).toList();
  }

  static Filter compare(String column, Operator op, Value value) {
    return Filter.newBuilder()
        .setComparison(Comparison.newBuilder().setColumn(column).setOp(op).setValue(value))
        .build();
  }
}
