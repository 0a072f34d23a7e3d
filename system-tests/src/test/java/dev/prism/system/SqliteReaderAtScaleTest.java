package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.EndReason;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.QueryResponse;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.reader.v1.ReaderServiceGrpc.ReaderServiceBlockingStub;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads of a table that is much larger than the memory of the processes that serve it. */
@Tag("system")
class SqliteReaderAtScaleTest {
  private static final int ROWS = 10_000_000;
  private static final int DEEP = 1_000_000;
  private static final long MIB = 1 << 20;

  private static Prism prism;
  private static Path file;
  private static String token;

  @BeforeAll
  static void start() throws Exception {
    Path data = Prism.newDirectory("reader-at-scale");
    prism = Prism.up(data);
    file = data.resolve("sqlite/sqlite.tables.default.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA synchronous = OFF");
      statement.execute("PRAGMA journal_mode = OFF");
      statement.execute("CREATE TABLE numbers (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
      statement.execute(
          """
          INSERT INTO numbers
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
          SELECT i, 'number ' || i FROM n
          """
              .formatted(ROWS));
    }
    token = prism.openSession("reader");
  }

  @AfterAll
  static void stop() throws IOException {
    prism.close();
    Files.delete(file); // too large to stay
  }

  private static ReaderServiceBlockingStub reader() {
    return ReaderServiceGrpc.newBlockingStub(prism.channel())
        .withInterceptors(Prism.session(token));
  }

  private static ReadRequest.Builder read() {
    return ReadRequest.newBuilder().setCollection("numbers");
  }

  @Test
  void tenMillionRowsPassWithinTheMemoryOfProxyAndPlugin() throws Exception {
    // Given
    long proxy = prism.pid();
    long plugin = prism.plugin("sqlite").getPid();
    long mostOfProxy = 0;
    long mostOfPlugin = 0;
    long rows = 0;
    long pages = 0;
    long last = 0;
    long begun = System.nanoTime();

    // When
    Iterator<ReadResponse> answers = reader().read(read().setPageSize(1000).build());
    while (answers.hasNext()) {
      Page page = answers.next().getPage();
      rows += page.getRowsCount();
      last = page.getRows(page.getRowsCount() - 1).getValues(0).getInt64Value();
      if (++pages % 100 == 0) {
        mostOfProxy = Math.max(mostOfProxy, Signals.residentBytes(proxy));
        mostOfPlugin = Math.max(mostOfPlugin, Signals.residentBytes(plugin));
      }
    }

    // Then
    System.out.printf(
        "%d rows in %.1f s, %d pages; resident at most: proxy %d MiB, plugin %d MiB%n",
        rows, (System.nanoTime() - begun) / 1e9, pages, mostOfProxy / MIB, mostOfPlugin / MIB);
    assertThat(rows).isEqualTo(ROWS);
    assertThat(last).isEqualTo(ROWS);
    assertThat(mostOfProxy / MIB).as("MiB of the proxy").isLessThan(200);
    assertThat(mostOfPlugin / MIB).as("MiB of the plugin").isLessThan(150);
  }

  @Test
  void aPageAMillionRowsDeepCostsWhatTheFirstDoes() {
    // Given the cursor of the millionth row
    ByteString deep = ByteString.EMPTY;
    Iterator<ReadResponse> there = reader().read(read().setPageSize(10_000).setLimit(DEEP).build());
    while (there.hasNext()) {
      deep = there.next().getPage().getNextCursor();
    }
    assertThat(page(deep).getRows(0).getValues(0).getInt64Value()).isEqualTo(DEEP + 1);

    // When
    int rounds = 200;
    long[] first = new long[rounds];
    long[] later = new long[rounds];
    for (int i = -rounds; i < rounds; i++) { // the first half warms up
      long began = System.nanoTime();
      page(ByteString.EMPTY);
      long between = System.nanoTime();
      page(deep);
      long ended = System.nanoTime();
      if (i >= 0) {
        first[i] = between - began;
        later[i] = ended - between;
      }
    }

    // Then
    double ratio = (double) median(later) / median(first);
    System.out.printf(
        "a page of 100 rows: first %d us, after %d rows %d us, ratio %.2f%n",
        median(first) / 1000, DEEP, median(later) / 1000, ratio);
    assertThat(ratio).isLessThan(1.5);
  }

  private static Page page(ByteString cursor) {
    return reader().read(read().setLimit(100).setCursor(cursor).build()).next().getPage();
  }

  private static long median(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  @Test
  void aPageThatTheDeadlineEndsHasWhatWasFoundAndACursorThatGoesOn() {
    // Given a filter that finds three rows at once and the next only after all others, slowly
    FilterList.Builder either =
        FilterList.newBuilder()
            .addFilters(
                compare(
                    "id", Operator.OPERATOR_LESS_OR_EQUAL, Value.newBuilder().setInt64Value(3)));
    for (int i = 0; i < 3; i++) {
      either.addFilters(
          compare(
              "text",
              Operator.OPERATOR_ENDS_WITH,
              Value.newBuilder().setStringValue(" " + (ROWS + i))));
    }
    QueryRequest request =
        QueryRequest.newBuilder()
            .setCollection("numbers")
            .addColumns("id")
            .setFilter(Filter.newBuilder().setAnyOf(either))
            .build();

    // When
    List<Page> hasty = query(request, 2);
    List<Page> patient =
        query(request.toBuilder().setCursor(hasty.getLast().getNextCursor()).build(), 120);

    // Then
    assertThat(ids(hasty)).containsExactly(1L, 2L, 3L);
    assertThat(hasty.getLast().getEndReason()).isEqualTo(EndReason.END_REASON_DEADLINE);
    assertThat(ids(patient)).containsExactly((long) ROWS);
    assertThat(patient.getLast().getEndReason()).isEqualTo(EndReason.END_REASON_END);
  }

  private static Filter compare(String column, Operator operator, Value.Builder value) {
    return Filter.newBuilder()
        .setComparison(
            Comparison.newBuilder().setColumn(column).setOp(operator).setValue(value.build()))
        .build();
  }

  private static List<Page> query(QueryRequest request, int seconds) {
    List<Page> pages = new ArrayList<>();
    Iterator<QueryResponse> answers =
        reader().withDeadlineAfter(seconds, TimeUnit.SECONDS).query(request);
    answers.forEachRemaining(answer -> pages.add(answer.getPage()));
    return pages;
  }

  private static List<Long> ids(List<Page> pages) {
    return pages.stream()
        .flatMap(page -> page.getRowsList().stream())
        .map(row -> row.getValues(0).getInt64Value())
        .toList();
  }
}
