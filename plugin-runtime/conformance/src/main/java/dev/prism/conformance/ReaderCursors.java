package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.numbers;
import static dev.prism.conformance.ReaderPages.NUMBERED;
import static dev.prism.conformance.ReaderPages.numbered;
import static dev.prism.conformance.ReaderPages.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Cursors: a read goes on where it stopped, and nothing that was not given out is one. */
public interface ReaderCursors extends ReaderFixture {
  @Test
  default void aReadGoesOnFromTheCursorOfEveryPage() {
    String table = tableOf(NUMBERED, numbered(7, "x"));

    List<Page> pages = pages(read(table).setPageSize(1).build());

    for (int i = 0; i < 6; i++) {
      List<Page> rest =
          pages(read(table).setPageSize(2).setCursor(pages.get(i).getNextCursor()).build());
      assertThat(numbers(rest, "number"))
          .isEqualTo(LongStream.rangeClosed(i + 2, 7).boxed().toList());
    }
  }

  @Test
  default void aCursorIsGoodForOtherColumnsAndPages() {
    String table = tableOf(NUMBERED, numbered(5, "x"));
    ByteString cursor =
        pages(read(table).setPageSize(2).setLimit(2).build()).getLast().getNextCursor();

    List<Page> rest =
        pages(read(table).addColumns("number").setPageSize(1).setCursor(cursor).build());

    assertThat(numbers(rest, "number")).containsExactly(3L, 4L, 5L);
  }

  @Test
  default void rowsThatComeAndGoMeanwhileAreNeitherRepeatedNorSkipped() {
    String table = tableOf(NUMBERED, numbered(40, "x"));
    List<Long> seen = new ArrayList<>();
    ServiceApi.Duplex<?, ReadResponse> stream =
        api().read(read(table).setPageSize(10).setLimit(10).build());
    Page first = stream.next().getPage();
    seen.addAll(numbers(List.of(first), "number"));
    for (long gone = 1; gone <= 8; gone++) {
      tables().delete(table, NUMBERED, Map.of("number", Values.of(gone)));
    }
    tables()
        .insert(
            table,
            NUMBERED,
            List.of(Map.of("number", Values.of(0L), "text", Values.of("before the place"))));
    tables().delete(table, NUMBERED, Map.of("number", Values.of(10L)));

    seen.addAll(numbers(pages(read(table).setCursor(first.getNextCursor()).build()), "number"));

    assertThat(seen).isEqualTo(LongStream.rangeClosed(1, 40).boxed().toList());
  }

  @Test
  default void aCursorOfAnotherRequestIsRefused() {
    String table = tableOf(NUMBERED, numbered(5, "x"));
    String other = tableOf(NUMBERED, numbered(5, "x"));
    ByteString cursor = pages(read(table).setPageSize(1).build()).getFirst().getNextCursor();
    QueryRequest.Builder query = QueryRequest.newBuilder().setCollection(table).setCursor(cursor);

    assertFails(Reason.CURSOR_INVALID, () -> pages(read(other).setCursor(cursor).build()));
    assertFails(
        Reason.CURSOR_INVALID,
        () ->
            pages(
                query
                    .clone()
                    .setFilter(compare("number", Operator.OPERATOR_GREATER, Values.of(0L)))
                    .build()));
    if (capabilities().contains(Capability.SORT)) {
      assertFails(
          Reason.CURSOR_INVALID,
          () -> pages(query.clone().addSort(Sort.newBuilder().setColumn("text")).build()));
    }
  }

  @Test
  default void aCursorThatWasChangedIsRefusedWhereverItWas() {
    String table = tableOf(NUMBERED, numbered(5, "x"));
    byte[] cursor =
        pages(read(table).setPageSize(1).build()).getFirst().getNextCursor().toByteArray();

    for (int i = 0; i < cursor.length; i++) {
      byte[] changed = cursor.clone();
      changed[i] ^= 1;
      ByteString wrong = ByteString.copyFrom(changed);
      assertFails(Reason.CURSOR_INVALID, () -> pages(read(table).setCursor(wrong).build()));
    }
    for (int length = 1; length < cursor.length; length++) {
      ByteString cut = ByteString.copyFrom(cursor, 0, length);
      assertFails(Reason.CURSOR_INVALID, () -> pages(read(table).setCursor(cut).build()));
    }
  }

  @Test
  default void aCursorIsShort() {
    String table = tableOf(NUMBERED, numbered(5, "x".repeat(500)));

    List<Page> pages = pages(read(table).setPageSize(1).build());

    assertThat(pages.getFirst().getNextCursor().size()).isLessThan(64);
  }
}
