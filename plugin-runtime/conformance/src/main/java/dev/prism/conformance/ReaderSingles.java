package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.row;
import static dev.prism.conformance.ReaderPages.NUMBERED;
import static dev.prism.conformance.ReaderPages.numbered;
import static dev.prism.conformance.TableSpec.column;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.CountResponse;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Count, and Get by key. */
public interface ReaderSingles extends ReaderFixture {
  private GetResponse get(String table, Map<String, Value> key, String... columns) {
    return api()
        .get(
            GetRequest.newBuilder()
                .setCollection(table)
                .putAllKey(key)
                .addAllColumns(List.of(columns))
                .build());
  }

  /** The key of a row of {@link ReaderPages#NUMBERED}. */
  private Map<String, Value> key(String table, long number) {
    return tables().key(table, NUMBERED, Map.of("number", Values.of(number)));
  }

  @Test
  default void allRowsAreCounted() {
    String table = tableOf(NUMBERED, numbered(123, "x"));

    CountResponse counted = api().count(CountRequest.newBuilder().setCollection(table).build());

    assertThat(counted).isEqualTo(CountResponse.newBuilder().setCount(123).build());
  }

  @Test
  default void theRowsOfAFilterAreCounted() {
    String table = tableOf(NUMBERED, numbered(20, "x"));

    CountResponse counted =
        api()
            .count(
                CountRequest.newBuilder()
                    .setCollection(table)
                    .setFilter(compare("number", Operator.OPERATOR_GREATER, Values.of(13L)))
                    .build());

    assertThat(counted.getCount()).isEqualTo(7);
  }

  @Test
  default void countingStopsWhereItIsTold() {
    String table = tableOf(NUMBERED, numbered(20, "x"));
    CountRequest.Builder request = CountRequest.newBuilder().setCollection(table);

    assertThat(api().count(request.setAtMost(19).build()))
        .isEqualTo(CountResponse.newBuilder().setCount(19).setMore(true).build());
    assertThat(api().count(request.setAtMost(20).build()))
        .isEqualTo(CountResponse.newBuilder().setCount(20).build());
  }

  @Test
  default void aCountOfWhatIsNotThereIsNotFound() {
    assertFails(
        Reason.COLLECTION_NOT_FOUND,
        () -> api().count(CountRequest.newBuilder().setCollection("nothing").build()));
  }

  @Test
  default void aRowIsGotByItsKey() {
    String table = tableOf(NUMBERED, numbered(5, "x"));

    GetResponse got = get(table, key(table, 3));

    assertThat(got.getColumnsList()).isEqualTo(tables().columns(NUMBERED));
    assertThat(row(got.getColumnsList(), got.getRow()))
        .contains(Map.entry("number", Values.of(3L)), Map.entry("text", Values.of("x")));
    assertThat(get(table, key(table, 3), "text").getRow().getValuesList())
        .containsExactly(Values.of("x"));
  }

  @Test
  default void aRowThatIsNotThereIsNoError() {
    String table = tableOf(NUMBERED, numbered(5, "x"));

    GetResponse got = get(table, key(table, 6));

    assertThat(got.hasRow()).isFalse();
  }

  @Test
  default void aRowIsGotByAKeyOfSeveralColumns() {
    TableSpec spec =
        new TableSpec(
            List.of(column("a", Kind.STRING), column("b", Kind.INT64), column("n", Kind.INT64)),
            List.of("a", "b"));
    String table =
        tableOf(
            spec,
            List.of(
                Map.of("a", Values.of("x"), "b", Values.of(1L), "n", Values.of(10L)),
                Map.of("a", Values.of("x"), "b", Values.of(2L), "n", Values.of(20L))));

    GetResponse got =
        get(table, tables().key(table, spec, Map.of("a", Values.of("x"), "b", Values.of(2L))), "n");

    assertThat(got.getRow().getValuesList()).containsExactly(Values.of(20L));
  }

  @Test
  default void aKeyThatIsNotTheTablesIsRefused() {
    String table = tableOf(NUMBERED, numbered(1, "x"));

    Map<String, Value> more = new HashMap<>(key(table, 1));
    more.put("text", Values.of("x"));
    Map<String, Value> absent = new HashMap<>(key(table, 1));
    absent.replaceAll((column, value) -> Values.NULL);
    Map<String, Value> ofOtherKind = new HashMap<>(key(table, 1));
    ofOtherKind.replaceAll((column, value) -> Values.of(true));
    assertFails(Reason.KEY_INVALID, () -> get(table, Map.of()));
    assertFails(Reason.KEY_INVALID, () -> get(table, Map.of("text", Values.of("x"))));
    assertFails(Reason.KEY_INVALID, () -> get(table, more));
    assertFails(Reason.KEY_INVALID, () -> get(table, absent));
    assertFails(Reason.FIELD_INVALID, () -> get(table, ofOtherKind));
  }
}
