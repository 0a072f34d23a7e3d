package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.ReaderFixture.rows;
import static dev.prism.conformance.ReaderFixture.value;
import static dev.prism.conformance.TableSpec.column;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.reader.v1.EndReason;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pages of a read: their bounds, their columns, and what is not there to be read. */
public interface ReaderPages extends ReaderFixture {
  TableSpec NUMBERED =
      new TableSpec(
          List.of(column("number", Kind.INT64), column("text", Kind.STRING)), List.of("number"));

  /** Rows of {@link #NUMBERED}, from 1 on. */
  static List<Map<String, Value>> numbered(int count, String text) {
    return LongStream.rangeClosed(1, count)
        .mapToObj(number -> Map.of("number", Values.of(number), "text", Values.of(text)))
        .toList();
  }

  static ReadRequest.Builder read(String table) {
    return ReadRequest.newBuilder().setCollection(table);
  }

  @Test
  default void everyRequiredCapabilityIsDeclared() {
    assertThat(capabilities())
        .containsAll(RequiredCapabilities.of(backend(), RequiredCapabilities.Interface.READER));
  }

  @Test
  default void allRowsComeOnceInTheOrderOfTheKey() {
    String table = tableOf(NUMBERED, numbered(250, "x"));

    List<Page> pages = pages(read(table).build());

    assertThat(numbers(pages, "number")).isEqualTo(LongStream.rangeClosed(1, 250).boxed().toList());
    assertThat(pages).hasSize(3).allMatch(page -> page.getRowsCount() <= 100);
    assertThat(pages.getFirst().getColumnsList()).isEqualTo(tables().columns(NUMBERED));
    assertThat(pages.getFirst().getEndReason()).isEqualTo(EndReason.END_REASON_ROW_LIMIT);
    assertThat(pages.getLast().getEndReason()).isEqualTo(EndReason.END_REASON_END);
    assertThat(pages.getLast().getNextCursor().isEmpty()).isTrue();
  }

  @Test
  default void anEmptyTableIsOneEmptyPage() {
    assumeFalse(tables().areOpen(), "a table is not there without a row");
    String table = tableOf(NUMBERED, List.of());

    List<Page> pages = pages(read(table).build());

    assertThat(pages).hasSize(1);
    assertThat(pages.getFirst().getRowsCount()).isZero();
    assertThat(pages.getFirst().getEndReason()).isEqualTo(EndReason.END_REASON_END);
  }

  @Test
  default void aPageHasAsManyRowsAsWereAskedFor() {
    String table = tableOf(NUMBERED, numbered(10, "x"));

    List<Page> pages = pages(read(table).setPageSize(4).build());

    assertThat(pages.stream().map(Page::getRowsCount)).containsExactly(4, 4, 2);
  }

  @Test
  default void aPageKeepsToItsBytes() {
    String table = tableOf(NUMBERED, numbered(40, "x".repeat(1000)));

    List<Page> pages = pages(read(table).setPageBytes(5000).build());

    assertThat(pages.subList(0, pages.size() - 1))
        .allMatch(page -> page.getEndReason() == EndReason.END_REASON_BYTE_LIMIT)
        .allMatch(page -> page.getSerializedSize() < 6000);
    assertThat(numbers(pages, "number")).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  default void aRowLargerThanThePageIsAPageOfItsOwn() {
    String table =
        tableOf(
            NUMBERED,
            Stream.concat(
                    numbered(3, "x").stream(),
                    Stream.of(
                        Map.of("number", Values.of(4L), "text", Values.of("x".repeat(100_000))),
                        Map.of("number", Values.of(5L), "text", Values.of("x"))))
                .toList());

    List<Page> pages = pages(read(table).setPageBytes(10_000).build());

    assertThat(pages.stream().map(Page::getRowsCount)).containsExactly(3, 1, 1);
  }

  @Test
  default void aReadEndsAfterItsLimitAndCanGoOn() {
    String table = tableOf(NUMBERED, numbered(10, "x"));

    List<Page> pages = pages(read(table).setLimit(7).setPageSize(5).build());

    assertThat(pages.stream().map(Page::getRowsCount)).containsExactly(5, 2);
    assertThat(pages.getLast().getEndReason()).isEqualTo(EndReason.END_REASON_ROW_LIMIT);
    List<Page> rest = pages(read(table).setCursor(pages.getLast().getNextCursor()).build());
    assertThat(numbers(rest, "number")).containsExactly(8L, 9L, 10L);
  }

  @Test
  default void onlyTheColumnsThatWereAskedForComeInTheirOrder() {
    String table = tableOf(NUMBERED, numbered(3, "x"));

    List<Page> pages = pages(read(table).addColumns("text").addColumns("number").build());

    assertThat(pages.getFirst().getColumnsList()).containsExactly("text", "number");
    assertThat(rows(pages).getFirst())
        .containsExactly(Map.entry("text", Values.of("x")), Map.entry("number", Values.of(1L)));
    List<Page> without = pages(read(table).addColumns("text").setPageSize(1).build());
    assertThat(rows(without)).hasSize(3).allMatch(row -> row.size() == 1);
  }

  @Test
  default void anUnknownColumnIsRefused() {
    assumeFalse(tables().areOpen(), "any name may be a column's");
    String table = tableOf(NUMBERED, numbered(1, "x"));

    assertFails(
        Reason.FIELD_INVALID,
        () -> pages(read(table).addColumns("number").addColumns("no").build()));
  }

  @Test
  default void aColumnThatNoRowHasIsNullWhereAnyNameMayBeAColumns() {
    assumeTrue(tables().areOpen(), "columns are declared");
    String table = tableOf(NUMBERED, numbered(2, "x"));

    List<Page> pages = pages(read(table).addColumns("number").addColumns("no").build());

    assertThat(rows(pages).getFirst())
        .containsExactly(Map.entry("number", Values.of(1L)), Map.entry("no", Values.NULL));
    assertFails(Reason.FIELD_INVALID, () -> pages(read(table).addColumns("").build()));
  }

  @Test
  default void aCollectionThatIsNotThereIsNotFound() {
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> pages(read("nothing").build()));
  }

  @Test
  default void aCollectionOfAnotherNamespaceIsNotFound() {
    String table = tableOf(NUMBERED, numbered(1, "x"));

    assertFails(Reason.COLLECTION_NOT_FOUND, () -> elsewhere().read(read(table).build()).next());
  }

  @Test
  default void aNameThatIsNoneIsRefused() {
    for (String name : List.of("", "a b", "a\"b", "x".repeat(129), "ä", "a/b", "a;b")) {
      assertFails(Reason.COLLECTION_INVALID, () -> pages(read(name).build()));
    }
  }

  @Test
  default void aPageThatIsTooLargeIsRefused() {
    String table = tableOf(NUMBERED, numbered(1, "x"));

    assertFails(Reason.FIELD_INVALID, () -> pages(read(table).setPageSize(10_001).build()));
    assertFails(Reason.FIELD_INVALID, () -> pages(read(table).setPageBytes((4 << 20) + 1).build()));
  }

  @Test
  default void aKeyOfSeveralColumnsOrdersRowsByEachInTurn() {
    TableSpec spec =
        new TableSpec(
            List.of(column("b", Kind.INT64), column("a", Kind.STRING), column("n", Kind.INT64)),
            List.of("a", "b"));
    List<Map<String, Value>> rows =
        Stream.of("x", "y", "z")
            .flatMap(
                a ->
                    LongStream.rangeClosed(1, 4)
                        .mapToObj(
                            b ->
                                Map.of(
                                    "a", Values.of(a), "b", Values.of(b), "n", Values.of(b * 10))))
            .toList();
    String table = tableOf(spec, rows.reversed());

    List<Page> pages = pages(read(table).setPageSize(3).addAllColumns(List.of("a", "b")).build());

    assertThat(
            rows(pages).stream()
                .map(r -> value(r, "a").getStringValue() + value(r, "b").getInt64Value()))
        .containsExactly("x1", "x2", "x3", "x4", "y1", "y2", "y3", "y4", "z1", "z2", "z3", "z4");
  }
}
