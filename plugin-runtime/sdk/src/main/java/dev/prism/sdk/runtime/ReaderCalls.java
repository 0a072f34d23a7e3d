package dev.prism.sdk.runtime;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.prism.link.InboundCall;
import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.CountResponse;
import dev.prism.reader.v1.EndReason;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.QueryResponse;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.reader.v1.Row;
import dev.prism.sdk.Capability;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.runtime.PluginMetrics.Call;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Serves {@code ReaderService} from a reader. */
final class ReaderCalls implements DataCalls {
  private static final int DEFAULT_PAGE_ROWS = 100;
  private static final int MOST_PAGE_ROWS = 10_000;
  private static final int DEFAULT_PAGE_BYTES = 256 << 10;
  private static final int MOST_PAGE_BYTES = 4 << 20;

  private final RecordReader reader;
  private final Answers answers;
  private final Call metrics;
  private final int maxMessageBytes;
  private final int maxPageBytes;
  private final Workers workers;
  private final Deadlines deadlines = new Deadlines("read");
  private final Streams streams;
  private final Cursors cursors;
  private final AtomicInteger single = new AtomicInteger();

  ReaderCalls(RecordReader reader, Answers answers, PluginMetrics metrics, Budget budget) {
    this.reader = reader;
    this.answers = answers;
    this.metrics = metrics.call("read_rows");
    this.maxMessageBytes = budget.maxMessageBytes();
    // A page is held as the backend's values, as a message and as its bytes.
    this.maxPageBytes =
        Math.clamp(budget.batchBytes() / reader.readers(), 64 << 10, MOST_PAGE_BYTES);
    this.workers = new Workers("reader", reader.readers());
    this.streams = new Streams(budget.maxScans(), answers);
    this.cursors = new Cursors(reader::cursorKey);
  }

  @Override
  public Map<String, Handler> handlers() {
    return Map.of("Read", this::read, "Query", this::query, "Count", this::count, "Get", this::get);
  }

  @Override
  public Map<String, IntSupplier> depths() {
    return Map.of("read_rows", streams::open, "reader", workers::busy);
  }

  @Override
  public int pending() {
    return streams.open() + single.get();
  }

  @Override
  public void start() {
    // Every call is started when it comes.
  }

  @Override
  public void drain() {
    // Every call has an end of its own.
  }

  @Override
  public void close() {
    deadlines.close();
    workers.close();
  }

  private void read(InboundCall call, Operation operation, long arrivedNanos) {
    ReadRequest request = Handler.parse(ReadRequest.parser(), call);
    QueryRequest query =
        QueryRequest.newBuilder()
            .setCollection(request.getCollection())
            .addAllColumns(request.getColumnsList())
            .setLimit(request.getLimit())
            .setPageSize(request.getPageSize())
            .setPageBytes(request.getPageBytes())
            .setCursor(request.getCursor())
            .build();
    stream(
        call,
        operation,
        arrivedNanos,
        query,
        page -> ReadResponse.newBuilder().setPage(page).build());
  }

  private void query(InboundCall call, Operation operation, long arrivedNanos) {
    QueryRequest request = Handler.parse(QueryRequest.parser(), call);
    stream(
        call,
        operation,
        arrivedNanos,
        request,
        page -> QueryResponse.newBuilder().setPage(page).build());
  }

  private void stream(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      QueryRequest request,
      Function<Page, Message> response) {
    KeyValueRules.name(request.getCollection(), "collection");
    PageSize size = pageSize(request);
    streams.start(
        call,
        operation,
        arrivedNanos,
        "rows",
        () -> {
          try (Deadlines.Watched watched = deadlines.watch(call)) {
            pages(call, operation, request, size, watched.patience(), response);
          }
        });
  }

  private PageSize pageSize(QueryRequest request) {
    int rows = request.getPageSize();
    if (rows < 0 || rows > MOST_PAGE_ROWS) {
      throw RowValues.invalid("page_size", "must be at most " + MOST_PAGE_ROWS + " rows");
    }
    int bytes = request.getPageBytes();
    if (bytes < 0 || bytes > MOST_PAGE_BYTES) {
      throw RowValues.invalid("page_bytes", "must be at most " + MOST_PAGE_BYTES);
    }
    return new PageSize(
        rows == 0 ? DEFAULT_PAGE_ROWS : rows,
        Math.min(bytes == 0 ? DEFAULT_PAGE_BYTES : bytes, maxPageBytes));
  }

  /** What a request asks for, looked up. */
  private record Prepared(Query query, Cursors.Bound cursors) {}

  private void pages(
      InboundCall call,
      Operation operation,
      QueryRequest request,
      PageSize size,
      Patience patience,
      Function<Page, Message> response) {
    Prepared prepared = asked(call, () -> prepare(call, request));
    // An unsigned 64-bit limit: what does not fit a long is as good as none.
    long left = request.getLimit() > 0 ? request.getLimit() : Long.MAX_VALUE;
    byte @Nullable [] position = prepared.cursors().open(request.getCursor().toByteArray());
    while (true) {
      byte @Nullable [] from = position;
      PageSize next = new PageSize((int) Math.min(left, size.rows()), size.bytes());
      Chunk chunk =
          asked(
              call,
              () ->
                  reader.read(
                      call.header().namespace(),
                      KeyValueCalls.consistency(call.header()),
                      prepared.query(),
                      from,
                      next,
                      patience));
      left -= chunk.rows().size();
      if (chunk.end() == Chunk.End.PATIENCE && chunk.next() == null && from == null) {
        throw PrismException.of(
            Reason.DEADLINE_EXCEEDED, "the deadline came before the backend had got anywhere");
      }
      position = chunk.next() == null && chunk.end() == Chunk.End.PATIENCE ? from : chunk.next();
      boolean last =
          chunk.end() == Chunk.End.TABLE || chunk.end() == Chunk.End.PATIENCE || left == 0;
      byte[] message = response.apply(page(prepared, chunk, position)).toByteArray();
      if (message.length > maxMessageBytes) {
        throw PrismException.of(
            Reason.MESSAGE_TOO_LARGE,
            "a row of "
                + message.length
                + " bytes is larger than a message, "
                + maxMessageBytes
                + "; ask for fewer columns");
      }
      operation.responseBytes().inc(message.length);
      if (!call.send(message) || last) {
        return;
      }
    }
  }

  private static Page page(Prepared prepared, Chunk chunk, byte @Nullable [] position) {
    Page.Builder page = Page.newBuilder().addAllColumns(chunk.columns());
    for (List<Value> row : chunk.rows()) {
      page.addRows(Row.newBuilder().addAllValues(row));
    }
    if (position != null) {
      page.setNextCursor(ByteString.copyFrom(prepared.cursors().seal(position)));
    }
    return page.setEndReason(
            switch (chunk.end()) {
              case ROWS -> EndReason.END_REASON_ROW_LIMIT;
              case BYTES -> EndReason.END_REASON_BYTE_LIMIT;
              case PATIENCE -> EndReason.END_REASON_DEADLINE;
              case TABLE -> EndReason.END_REASON_END;
            })
        .build();
  }

  private Prepared prepare(InboundCall call, QueryRequest request) {
    Table table = table(call, request.getCollection());
    RowRules rules = new RowRules(table);
    if (request.getSortCount() > 0 && !reader.capabilities().contains(Capability.SORT)) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "this backend answers rows in the order of their keys alone; leave sort out",
          Map.of("capability", Capability.SORT.name()));
    }
    Query query =
        new Query(
            table,
            rules.columns(request.getColumnsList()),
            rules.filter(request.hasFilter(), request.getFilter()),
            rules.sort(request.getSortList()));
    return new Prepared(
        query,
        cursors.bound(
            call.header().namespace(),
            request.getCollectionBytes().toByteArray(),
            request.hasFilter() ? request.getFilter().toByteArray() : new byte[0],
            sorted(request.getSortList())));
  }

  private static byte[] sorted(List<Sort> sort) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Sort step : sort) {
      bytes.writeBytes(step.getColumnBytes().toByteArray());
      bytes.write(0);
      bytes.write(step.getDescending() ? 1 : 0);
    }
    return bytes.toByteArray();
  }

  private Table table(InboundCall call, String name) {
    Table table = reader.table(call.header().namespace(), name);
    if (table == null) {
      throw PrismException.of(
          Reason.COLLECTION_NOT_FOUND, "the namespace has no collection '" + name + "'");
    }
    return table;
  }

  private void count(InboundCall call, Operation operation, long arrivedNanos) {
    CountRequest request = Handler.parse(CountRequest.parser(), call);
    KeyValueRules.name(request.getCollection(), "collection");
    // An unsigned 64-bit number, as above.
    long atMost = request.getAtMost() > 0 ? request.getAtMost() : Long.MAX_VALUE;
    one(
        call,
        operation,
        arrivedNanos,
        patience -> {
          Table table = table(call, request.getCollection());
          Filter filter = request.getFilter();
          Condition condition = new RowRules(table).filter(request.hasFilter(), filter);
          long count =
              reader.count(
                  call.header().namespace(),
                  KeyValueCalls.consistency(call.header()),
                  table,
                  condition,
                  atMost,
                  patience);
          return CountResponse.newBuilder()
              .setCount(Math.min(count, atMost))
              .setMore(count > atMost)
              .build();
        });
  }

  private void get(InboundCall call, Operation operation, long arrivedNanos) {
    GetRequest request = Handler.parse(GetRequest.parser(), call);
    KeyValueRules.name(request.getCollection(), "collection");
    one(
        call,
        operation,
        arrivedNanos,
        patience -> {
          Table table = table(call, request.getCollection());
          RowRules rules = new RowRules(table);
          List<Column> columns = rules.columns(request.getColumnsList());
          Found found =
              reader.get(
                  call.header().namespace(),
                  KeyValueCalls.consistency(call.header()),
                  table,
                  columns,
                  rules.key(request.getKeyMap(), "key"),
                  patience);
          GetResponse.Builder response = GetResponse.newBuilder();
          if (found == null) {
            return response.addAllColumns(columns.stream().map(Column::name).toList()).build();
          }
          return response
              .addAllColumns(found.columns())
              .setRow(Row.newBuilder().addAllValues(found.values()))
              .build();
        });
  }

  /** A call with one answer. */
  private void one(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      Function<Patience, Message> answer) {
    if (single.incrementAndGet() > StoreBackends.MOST_PENDING) {
      single.decrementAndGet();
      throw PrismException.of(
          Reason.OVERLOADED, "too many calls wait for this backend; try again after a moment");
    }
    workers.execute(
        () -> {
          try (Deadlines.Watched watched = deadlines.watch(call)) {
            operation.overhead().observe((System.nanoTime() - call.header().receivedNanos()) / 1e9);
            byte[] response =
                TransactCalls.measured(call, metrics, () -> answer.apply(watched.patience()))
                    .toByteArray();
            if (response.length > maxMessageBytes) {
              throw PrismException.of(
                  Reason.MESSAGE_TOO_LARGE,
                  "the row is larger than a message, "
                      + maxMessageBytes
                      + " bytes; ask for fewer columns");
            }
            answers.reply(call, operation, arrivedNanos, response);
          } catch (Throwable e) {
            // Whatever the backend throws is the answer of this one caller.
            answers.fail(call, operation, arrivedNanos, e);
          } finally {
            single.decrementAndGet();
          }
        });
  }

  /** Asks the backend, on one of its threads. */
  private <T> T asked(InboundCall call, Supplier<T> question) {
    return workers.call(() -> TransactCalls.measured(call, metrics, question));
  }
}
