package dev.prism.conformance;

import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.ReaderFixture.row;
import static dev.prism.conformance.TableSpec.column;
import static dev.prism.conformance.TableSpec.nullable;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A walk through the interface: each step reads at random, now and then after rows have come or
 * gone, and the answer is compared with what a map in memory says.
 */
final class ReaderWalk {
  private static final TableSpec SPEC =
      new TableSpec(
          List.of(
              column("number", Kind.INT64),
              nullable("word", Kind.STRING),
              nullable("n", Kind.INT64)),
          List.of("number"));
  private static final List<String> WORDS = List.of("", "a", "ab", "b", "B", "ä", "a%b", "zz");
  private static final int NUMBERS = 60;
  private static final int CHANGE_EVERY = 40;

  private final ReaderFixture fixture;
  private final Random random;
  private final String table;
  private final TreeMap<Long, Map<String, Value>> model = new TreeMap<>();

  ReaderWalk(ReaderFixture fixture, Random random) {
    this.fixture = fixture;
    this.random = random;
    for (long number = 0; number < NUMBERS / 2; number++) {
      model.put(number, newRow(number));
    }
    this.table = fixture.tableOf(SPEC, List.copyOf(model.values()));
  }

  void step() {
    if (random.nextInt(CHANGE_EVERY) == 0) {
      change();
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> get();
      case 1 -> count();
      default -> query();
    }
  }

  private Map<String, Value> newRow(long number) {
    Map<String, Value> row = new HashMap<>();
    row.put("number", Values.of(number));
    if (random.nextInt(4) > 0) {
      row.put("word", Values.of(WORDS.get(random.nextInt(WORDS.size()))));
    }
    if (random.nextInt(4) > 0) {
      row.put("n", Values.of((long) random.nextInt(6)));
    }
    return row;
  }

  private void change() {
    long number = random.nextInt(NUMBERS);
    if (model.remove(number) != null) {
      fixture.tables().delete(table, SPEC, Map.of("number", Values.of(number)));
    } else {
      Map<String, Value> row = newRow(number);
      fixture.tables().insert(table, SPEC, List.of(row));
      model.put(number, row);
    }
  }

  private Filter filter(int depth) {
    return switch (random.nextInt(depth > 0 ? 6 : 3)) {
      case 0 ->
          compare(
              "word",
              Operator.forNumber(1 + random.nextInt(9)),
              Values.of(WORDS.get(random.nextInt(WORDS.size()))));
      case 1 ->
          compare(
              "n", Operator.forNumber(1 + random.nextInt(6)), Values.of((long) random.nextInt(6)));
      case 2 ->
          random.nextBoolean()
              ? Filter.newBuilder().setIsNull(random.nextBoolean() ? "word" : "n").build()
              : compare(
                  "number",
                  Operator.forNumber(1 + random.nextInt(6)),
                  Values.of((long) random.nextInt(NUMBERS)));
      case 3 -> Filter.newBuilder().setNegation(filter(depth - 1)).build();
      default -> {
        FilterList list =
            FilterList.newBuilder()
                .addFilters(filter(depth - 1))
                .addFilters(filter(depth - 1))
                .build();
        yield random.nextBoolean()
            ? Filter.newBuilder().setAllOf(list).build()
            : Filter.newBuilder().setAnyOf(list).build();
      }
    };
  }

  private void query() {
    QueryRequest.Builder query =
        QueryRequest.newBuilder()
            .setCollection(table)
            .addColumns("number")
            .setPageSize(1 + random.nextInt(30));
    Comparator<Map<String, Value>> order = byNumber();
    if (fixture.capabilities().contains(Capability.SORT) && random.nextBoolean()) {
      String column = random.nextBoolean() ? "word" : "n";
      boolean down = random.nextBoolean();
      query.addSort(Sort.newBuilder().setColumn(column).setDescending(down));
      Comparator<Map<String, Value>> by =
          (one, other) ->
              Values.compare(ReaderFixture.value(one, column), ReaderFixture.value(other, column));
      order = (down ? by.reversed() : by).thenComparing(byNumber());
    }
    if (random.nextBoolean()) {
      query.setFilter(filter(2));
    }
    List<Long> expected =
        model.values().stream()
            .filter(row -> !query.hasFilter() || FilterModel.holds(query.getFilter(), row))
            .sorted(order)
            .map(row -> ReaderFixture.value(row, "number").getInt64Value())
            .toList();
    if (random.nextInt(4) == 0) {
      query.setLimit(1 + random.nextInt(10));
    }
    List<Page> pages = fixture.pages(query.build());
    List<Long> read = numbers(pages, "number");
    if (query.getLimit() > 0) {
      int limit = (int) Math.min(query.getLimit(), expected.size());
      assertThat(read).as("%s", query).isEqualTo(expected.subList(0, limit));
      if (!pages.getLast().getNextCursor().isEmpty()) {
        QueryRequest rest = query.clearLimit().setCursor(pages.getLast().getNextCursor()).build();
        assertThat(numbers(fixture.pages(rest), "number"))
            .as("%s", rest)
            .isEqualTo(expected.subList(limit, expected.size()));
      }
    } else {
      assertThat(read).as("%s", query).isEqualTo(expected);
    }
  }

  private static Comparator<Map<String, Value>> byNumber() {
    return Comparator.comparingLong(row -> ReaderFixture.value(row, "number").getInt64Value());
  }

  private void count() {
    CountRequest.Builder request = CountRequest.newBuilder().setCollection(table);
    if (random.nextBoolean()) {
      request.setFilter(filter(2));
    }
    long expected =
        model.values().stream()
            .filter(row -> !request.hasFilter() || FilterModel.holds(request.getFilter(), row))
            .count();
    assertThat(fixture.api().count(request.build()).getCount())
        .as("%s", request)
        .isEqualTo(expected);
  }

  private void get() {
    long number = random.nextInt(NUMBERS);
    GetResponse got =
        fixture
            .api()
            .get(
                GetRequest.newBuilder()
                    .setCollection(table)
                    .putAllKey(
                        fixture.tables().key(table, SPEC, Map.of("number", Values.of(number))))
                    .addAllColumns(List.of("number", "word", "n"))
                    .build());
    Map<String, Value> expected = model.get(number);
    assertThat(got.hasRow()).isEqualTo(expected != null);
    if (expected != null) {
      Map<String, Value> whole = new HashMap<>(expected);
      whole.putIfAbsent("word", Values.NULL);
      whole.putIfAbsent("n", Values.NULL);
      assertThat(row(got.getColumnsList(), got.getRow())).isEqualTo(whole);
    }
  }
}
