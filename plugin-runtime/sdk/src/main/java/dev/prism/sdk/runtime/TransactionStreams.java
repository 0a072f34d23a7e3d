package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.Capability;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.runtime.PluginMetrics.Call;
import dev.prism.sdk.runtime.PluginMetrics.Messages;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.Transaction;
import dev.prism.sdk.transact.Transactor;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the streams of {@code Transaction}, each on a virtual thread of its own: a step is
 * answered before the next one is looked at. Whatever ends a stream before its commit undoes the
 * transaction at once: a step that is under way is interrupted, and between steps whoever ends the
 * patience closes it.
 */
final class TransactionStreams {
  private static final long DEFAULT_MILLIS = TimeUnit.SECONDS.toMillis(30);
  private static final int DEFAULT_ROWS = 100;
  private static final int MOST_ROWS = 1000;
  private static final int MOST_ROWS_BYTES = 4 << 20;

  private final Transactor transactor;
  private final TransactRules rules;
  private final PluginMetrics metrics;
  private final Call calls;
  private final Deadlines deadlines;
  private final InstantSource clock;
  private final Streams streams;
  private final int maxMessageBytes;

  TransactionStreams(
      Transactor transactor,
      TransactRules rules,
      Answers answers,
      PluginMetrics metrics,
      Deadlines deadlines,
      Budget budget,
      InstantSource clock) {
    this.transactor = transactor;
    this.rules = rules;
    this.metrics = metrics;
    this.calls = metrics.call("transaction");
    this.deadlines = deadlines;
    this.clock = clock;
    this.streams = new Streams(transactor.transactions(), answers);
    this.maxMessageBytes = budget.maxMessageBytes();
  }

  /** How many are open. */
  int open() {
    return streams.open();
  }

  void transaction(InboundCall call, Operation operation, long arrivedNanos) {
    TransactionRequest first = Handler.parse(TransactionRequest.parser(), call);
    if (first.getRequestCase() != TransactionRequest.RequestCase.BEGIN) {
      throw outOfOrder("the first request must be begin");
    }
    Begin begin = first.getBegin();
    long left = TimeUnit.NANOSECONDS.toMillis(call.header().deadlineNanos() - System.nanoTime());
    Start start =
        new Start(
            rules.isolation(begin.getIsolation(), "begin.isolation"),
            rules.inbox(begin.hasInbox(), begin.getInbox(), "begin.inbox"),
            rules.once(
                first.getIdempotencyKey(),
                "Transact.Transaction",
                () -> first.toBuilder().clearIdempotencyKey().build()),
            Math.clamp(
                begin.hasTimeout()
                    ? TransactRules.timeoutMillis(
                        begin.getTimeout(), TransactRules.MOST_TRANSACTION_MILLIS, "begin.timeout")
                    : DEFAULT_MILLIS,
                1,
                Math.max(1, left)));
    streams.start(
        call,
        operation,
        arrivedNanos,
        "transaction",
        () -> {
          long deadline = clock.millis() + start.timeoutMillis();
          try (Deadlines.Watched watched =
              deadlines.watch(call, TimeUnit.MILLISECONDS.toNanos(start.timeoutMillis()))) {
            Patience patience = watched.patience();
            switch (TransactCalls.measured(
                call, calls, () -> transactor.begin(call.header().namespace(), start, patience))) {
              case Started.Replayed _ -> send(call, TransactMessages.committed(true, false));
              case Started.AlreadyProcessed _ ->
                  send(call, TransactMessages.committed(false, true));
              case Started.Open(Transaction transaction) ->
                  new Run(call, patience, transaction).run(deadline);
            }
          }
        });
  }

  private static boolean send(InboundCall call, TransactionResponse response) {
    return call.send(response.toByteArray());
  }

  /** One transaction that runs. */
  private final class Run {
    private final InboundCall call;
    private final Patience patience;
    private final Transaction transaction;
    private final Function<String, Table> tables;
    private int messages;

    Run(InboundCall call, Patience patience, Transaction transaction) {
      this.call = call;
      this.patience = patience;
      this.transaction = transaction;
      this.tables = TransactCalls.tables(transactor, call.header().namespace());
    }

    void run(long deadlineMillis) {
      try (transaction) {
        boolean there = idle(() -> send(call, TransactMessages.begun(deadlineMillis)));
        while (there) {
          TransactionRequest request = idle(() -> Streams.next(TransactionRequest.parser(), call));
          if (request == null) {
            throw call.isOver()
                ? over()
                : outOfOrder("the requests end with commit or rollback: it was rolled back");
          }
          if (!request.getIdempotencyKey().isEmpty()) {
            throw QueueRules.invalid(
                Reason.IDEMPOTENCY_KEY_INVALID, "idempotency_key", "may stand with begin only");
          }
          switch (request.getRequestCase()) {
            case COMMIT -> {
              asked(
                  () -> {
                    transaction.commit();
                    return true;
                  });
              metrics.messages(Messages.PUBLISHED, call.header().namespace(), messages);
              transaction.close(); // its connection is not kept until the answer is taken
              send(call, TransactMessages.committed(false, false));
              return;
            }
            case ROLLBACK -> {
              transaction.close();
              send(call, TransactMessages.rolledBack());
              return;
            }
            default -> {
              TransactionResponse answer = step(request);
              there = idle(() -> send(call, answer));
            }
          }
        }
        throw over();
      }
    }

    private TransactionResponse step(TransactionRequest request) {
      return switch (request.getRequestCase()) {
        case WRITE -> {
          var write = TransactRules.write(request.getWrite(), "write.", tables);
          yield TransactMessages.wrote(asked(() -> transaction.write(write)));
        }
        case MESSAGE -> {
          Outgoing message =
              rules.message(request.getMessage(), "message.", call.header().traceparent());
          asked(
              () -> {
                transaction.put(List.of(message));
                return true;
              });
          messages++;
          yield TransactMessages.accepted(message);
        }
        case SELECT -> TransactMessages.rows(select(request.getSelect()));
        case BEGIN -> throw outOfOrder("begin comes once, as the first request");
        case COMMIT, ROLLBACK -> throw new IllegalStateException("not a step");
        case REQUEST_NOT_SET -> throw RowValues.invalid("request", "must be set");
      };
    }

    private Chunk select(Select select) {
      KeyValueRules.name(select.getTable(), "select.table");
      int limit = select.getLimit();
      if (limit < 0 || limit > MOST_ROWS) {
        throw RowValues.invalid("select.limit", "must be at most " + MOST_ROWS);
      }
      if (select.getLock()) {
        rules.need(Capability.ROW_LOCKS);
      }
      Table table = tables.apply(select.getTable());
      RowRules columns = new RowRules(table);
      Query query =
          new Query(
              table,
              columns.columns(select.getColumnsList()),
              columns.filter(select.hasFilter(), select.getFilter()),
              columns.sort(select.getSortList()));
      PageSize size =
          new PageSize(
              limit == 0 ? DEFAULT_ROWS : limit, Math.min(MOST_ROWS_BYTES, maxMessageBytes));
      Chunk chunk = asked(() -> transaction.select(query, size, select.getLock()));
      return switch (chunk.end()) {
        case ROWS, TABLE -> chunk;
        case PATIENCE -> throw over();
        case BYTES ->
            throw PrismException.of(
                Reason.MESSAGE_TOO_LARGE,
                "the rows have more than the "
                    + size.bytes()
                    + " bytes of an answer; ask for fewer rows or columns");
      };
    }

    /** Asks the backend, which the end of the patience interrupts. */
    private <T> T asked(Supplier<T> question) {
      return TransactCalls.measured(call, calls, question);
    }

    /** Waits for the caller; the end of the patience closes the transaction and ends the wait. */
    private <T extends @Nullable Object> T idle(Supplier<T> wait) {
      T result =
          patience.during(
              () -> {
                transaction.close();
                call.fail(over().status());
              },
              wait::get);
      if (patience.isOver()) {
        throw over();
      }
      return result;
    }

    private PrismException over() {
      return PrismException.of(
          Reason.DEADLINE_EXCEEDED, "the transaction's time was up: it was rolled back");
    }
  }

  private static PrismException outOfOrder(String message) {
    return PrismException.of(Reason.STREAM_ORDER_INVALID, message);
  }
}
