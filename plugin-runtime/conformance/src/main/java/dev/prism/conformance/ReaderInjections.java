package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.TableSpec.column;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.Row;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Text that is another language's code is text: as a value it is compared, as a name it is refused,
 * and nothing else comes of it.
 */
public interface ReaderInjections extends ReaderFixture {
  TableSpec TEXTS =
      new TableSpec(List.of(column("key", Kind.STRING), column("n", Kind.INT64)), List.of("key"));

  /** A table whose keys are the corpus. */
  private String corpusTable() {
    List<Map<String, Value>> rows = new ArrayList<>();
    for (String text : Injections.corpus()) {
      rows.add(Map.of("key", Values.of(text), "n", Values.of((long) rows.size())));
    }
    return tableOf(TEXTS, rows);
  }

  private void assertUnharmed(String table) {
    assertThat(numbers(pages(QueryRequest.newBuilder().setCollection(table).build()), "n"))
        .hasSize(Injections.corpus().size())
        .doesNotHaveDuplicates();
  }

  @Test
  default void inFiltersItIsAValueLikeAnyOther() {
    String table = corpusTable();
    List<String> corpus = Injections.corpus();

    for (int i = 0; i < corpus.size(); i++) {
      Value text = Values.of(corpus.get(i));
      QueryRequest.Builder query = QueryRequest.newBuilder().setCollection(table);
      Filter member =
          Filter.newBuilder()
              .setMembership(Membership.newBuilder().setColumn("key").addValues(text))
              .build();
      assertThat(
              numbers(
                  pages(query.setFilter(compare("key", Operator.OPERATOR_EQUAL, text)).build()),
                  "n"))
          .containsExactly((long) i);
      assertThat(numbers(pages(query.setFilter(member).build()), "n")).containsExactly((long) i);
      assertThat(
              numbers(
                  pages(query.setFilter(compare("key", Operator.OPERATOR_CONTAINS, text)).build()),
                  "n"))
          .contains((long) i)
          .hasSize((int) corpus.stream().filter(c -> c.contains(text.getStringValue())).count());
    }
    assertUnharmed(table);
  }

  @Test
  default void inKeysItIsAValueLikeAnyOther() {
    String table = corpusTable();

    for (String text : Injections.corpus()) {
      var got =
          api()
              .get(
                  GetRequest.newBuilder()
                      .setCollection(table)
                      .putAllKey(tables().key(table, TEXTS, Map.of("key", Values.of(text))))
                      .addColumns("key")
                      .build());
      assertThat(got.getRow().getValues(0).getStringValue()).isEqualTo(text);
    }
    assertUnharmed(table);
  }

  @Test
  default void inCursorsPagesGoOnBehindIt() {
    String table = corpusTable();

    List<Long> seen =
        numbers(pages(QueryRequest.newBuilder().setCollection(table).setPageSize(1).build()), "n");

    assertThat(seen).hasSize(Injections.corpus().size()).doesNotHaveDuplicates();
    for (String text : Injections.corpus()) {
      assertFails(
          Reason.CURSOR_INVALID,
          () ->
              pages(
                  QueryRequest.newBuilder()
                      .setCollection(table)
                      .setCursor(ByteString.copyFromUtf8(text))
                      .build()));
    }
  }

  @Test
  default void asTheNameOfAColumnItIsOneThatNoRowHas() {
    assumeTrue(tables().areOpen(), "columns are declared");
    String table = corpusTable();
    Set<String> own = Set.copyOf(tables().columns(TEXTS));

    for (String text : Injections.corpus()) {
      if (!own.contains(text)) {
        QueryRequest.Builder query = QueryRequest.newBuilder().setCollection(table);
        assertThat(pages(query.clone().addColumns(text).setLimit(1).build()).getFirst().getRows(0))
            .isEqualTo(Row.newBuilder().addValues(Values.NULL).build());
        Filter filter = compare(text, Operator.OPERATOR_NOT_EQUAL, Values.of("x"));
        assertThat(numbers(pages(query.clone().setFilter(filter).build()), "n")).isEmpty();
        assertThat(pages(query.addSort(Sort.newBuilder().setColumn(text)).setLimit(1).build()))
            .hasSize(1);
      }
    }
    assertUnharmed(table);
  }

  @Test
  default void asTheNameOfAColumnItIsRefused() {
    assumeFalse(tables().areOpen(), "any name may be a column's");
    String table = corpusTable();

    for (String text : Injections.corpus()) {
      QueryRequest.Builder query = QueryRequest.newBuilder().setCollection(table);
      assertFails(Reason.FIELD_INVALID, () -> pages(query.clone().addColumns(text).build()));
      assertFails(
          Reason.FIELD_INVALID,
          () ->
              pages(
                  query
                      .clone()
                      .setFilter(compare(text, Operator.OPERATOR_EQUAL, Values.of("x")))
                      .build()));
      if (capabilities().contains(Capability.SORT)) {
        assertFails(
            Reason.FIELD_INVALID,
            () -> pages(query.clone().addSort(Sort.newBuilder().setColumn(text)).build()));
      }
    }
    assertUnharmed(table);
  }

  @Test
  default void asTheNameOfACollectionItIsRefused() {
    String table = corpusTable();

    for (String text : Injections.corpus()) {
      var status =
          KeyValueFixture.failure(
              () -> pages(QueryRequest.newBuilder().setCollection(text).build()));
      assertThat(CallFailedException.reason(status.status()))
          .isIn(Reason.COLLECTION_INVALID.name(), Reason.COLLECTION_NOT_FOUND.name());
    }
    assertUnharmed(table);
  }
}
