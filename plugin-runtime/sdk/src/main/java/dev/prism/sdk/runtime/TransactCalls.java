package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.CallContext;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.runtime.PluginMetrics.Call;
import dev.prism.sdk.runtime.PluginMetrics.Messages;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transactor;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.AcknowledgeMailboxResponse;
import dev.prism.transact.v1.WriteRequest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code TransactService} from a transactor: the methods with one answer; {@link
 * TransactionStreams} and {@link MailboxStreams} have the others.
 */
final class TransactCalls implements DataCalls {
  /** Acknowledgements of one batch. */
  private static final int BATCH_ACKS = 1024;

  private static final int ACK_BYTES = 256;
  private static final Consistency STRONG = new Consistency(Consistency.Level.STRONG, 0);

  private final Transactor transactor;
  private final TransactRules rules;
  private final Answers answers;
  private final PluginMetrics metrics;
  private final Call writeMetrics;
  private final Deadlines deadlines = new Deadlines("transact");
  private final TransactionStreams transactions;
  private final MailboxStreams mailboxes;
  private final InFlight inFlight = new InFlight();
  private final Coalescer<Settlement, SettlementResult> acks;
  private final Lanes ackLane;
  private final AtomicInteger writes = new AtomicInteger();

  /**
   * @param process this one's number among those of the backend
   */
  TransactCalls(
      Transactor transactor,
      Answers answers,
      PluginMetrics metrics,
      Budget budget,
      InstantSource clock,
      int process) {
    this.transactor = transactor;
    this.rules = new TransactRules(transactor.capabilities(), transactor.isolationLevels(), clock);
    this.answers = answers;
    this.metrics = metrics;
    this.writeMetrics = metrics.call("transact");
    this.transactions =
        new TransactionStreams(transactor, rules, answers, metrics, deadlines, budget, clock);
    this.mailboxes =
        new MailboxStreams(transactor, rules, answers, metrics, inFlight, budget, clock, process);
    this.acks =
        new Coalescer<>(
            this::settle,
            false,
            new Coalescer.Limits(
                BATCH_ACKS,
                budget.batchBytes(),
                StoreBackends.MOST_PENDING,
                budget.maxPendingBytes()),
            new AnswerEvents<>(answers, metrics.call("acknowledge_mailbox"), false, false));
    this.ackLane = new Lanes("mailbox-acks", 1, acks);
  }

  @Override
  public Map<String, Handler> handlers() {
    return Map.of(
        "Write", this::write,
        "Transaction", transactions::transaction,
        "ReadMailbox", mailboxes::read,
        "AcknowledgeMailbox", this::acknowledge);
  }

  @Override
  public Map<String, IntSupplier> depths() {
    return Map.of(
        "transact", writes::get,
        "transaction", transactions::open,
        "mailbox", mailboxes::open,
        "acknowledge_mailbox", acks::pending);
  }

  @Override
  public int pending() {
    return writes.get() + transactions.open() + mailboxes.open() + acks.pending();
  }

  @Override
  public void start() {
    if (acks.hasWork()) {
      ackLane.wake();
    }
  }

  @Override
  public void drain() {
    mailboxes.drain();
  }

  @Override
  public void close() {
    ackLane.close();
    deadlines.close();
  }

  // ---- Write ----

  /** What needs no table, checked. */
  private record Asked(
      List<Outgoing> messages,
      @Nullable Isolation isolation,
      @Nullable Inbox inbox,
      @Nullable Once once,
      long nanos) {}

  private void write(InboundCall call, Operation operation, long arrivedNanos) {
    WriteRequest request = Handler.parse(WriteRequest.parser(), call);
    rules.batchSize(request.getWritesCount(), request.getMessagesCount());
    List<Outgoing> messages = new ArrayList<>(request.getMessagesCount());
    for (int i = 0; i < request.getMessagesCount(); i++) {
      messages.add(
          rules.message(
              request.getMessages(i), "messages[" + i + "].", call.header().traceparent()));
    }
    Asked asked =
        new Asked(
            messages,
            rules.isolation(request.getIsolation(), "isolation"),
            rules.inbox(request.hasInbox(), request.getInbox(), "inbox"),
            rules.once(
                request.getIdempotencyKey(),
                "Transact.Write",
                () -> request.toBuilder().clearIdempotencyKey().build()),
            request.hasTimeout()
                ? TimeUnit.MILLISECONDS.toNanos(
                    TransactRules.timeoutMillis(
                        request.getTimeout(), TransactRules.MOST_WRITE_MILLIS, "timeout"))
                : Long.MAX_VALUE);
    if (writes.incrementAndGet() > StoreBackends.MOST_PENDING) {
      writes.decrementAndGet();
      throw PrismException.of(
          Reason.OVERLOADED, "too many writes wait for this backend; try again after a moment");
    }
    Thread.ofVirtual()
        .name("transact-write")
        .start(
            () -> {
              try {
                operation
                    .overhead()
                    .observe((System.nanoTime() - call.header().receivedNanos()) / 1e9);
                answers.reply(call, operation, arrivedNanos, write(call, request, asked));
              } catch (Throwable e) {
                // Whatever the backend throws is the answer of this one caller.
                answers.fail(call, operation, arrivedNanos, e);
              } finally {
                writes.decrementAndGet();
              }
            });
  }

  private byte[] write(InboundCall call, WriteRequest request, Asked asked) {
    String namespace = call.header().namespace();
    try (Deadlines.Watched watched = deadlines.watch(call, asked.nanos())) {
      Function<String, Table> tables = tables(transactor, namespace);
      List<TableWrite> data = new ArrayList<>(request.getWritesCount());
      for (int i = 0; i < request.getWritesCount(); i++) {
        data.add(TransactRules.write(request.getWrites(i), "writes[" + i + "].", tables));
      }
      WriteUnit unit =
          new WriteUnit(
              data,
              asked.messages(),
              asked.isolation(),
              asked.inbox(),
              asked.once(),
              rows -> TransactMessages.written(rows, asked.messages()));
      return switch (measured(
          call, writeMetrics, () -> transactor.write(namespace, unit, watched.patience()))) {
        case WriteOutcome.Committed(List<Integer> rows) -> {
          metrics.messages(Messages.PUBLISHED, namespace, asked.messages().size());
          yield TransactMessages.written(rows, asked.messages());
        }
        case WriteOutcome.Replayed(byte[] response) -> response;
        case WriteOutcome.AlreadyProcessed _ -> TransactMessages.alreadyProcessed();
      };
    }
  }

  /** The tables of a namespace, each looked up once. */
  static Function<String, Table> tables(Transactor transactor, String namespace) {
    Map<String, Table> known = new HashMap<>();
    return name -> {
      Table table = known.get(name);
      if (table == null) {
        table = transactor.table(namespace, name);
        if (table == null) {
          throw PrismException.of(
              Reason.COLLECTION_NOT_FOUND, "the namespace has no table '" + name + "'");
        }
        known.put(name, table);
      }
      return table;
    };
  }

  /** Asks the backend on behalf of a call, and notes how long it took. */
  static <T> T measured(InboundCall call, Call metrics, Supplier<T> question) {
    if (call.isOver()) {
      throw PrismException.of(
          Reason.DEADLINE_EXCEEDED, "the deadline passed before the backend was asked");
    }
    long started = System.nanoTime();
    try {
      return CallContext.call(List.of(call.header()), question::get);
    } finally {
      metrics.backend().observe((System.nanoTime() - started) / 1e9);
    }
  }

  // ---- AcknowledgeMailbox ----

  private void acknowledge(InboundCall call, Operation operation, long arrivedNanos) {
    rules.need(Capability.MAILBOX);
    AcknowledgeMailboxRequest request = Handler.parse(AcknowledgeMailboxRequest.parser(), call);
    String mailbox = KeyValueRules.name(request.getMailbox(), "mailbox");
    int count = request.getAcksCount();
    if (count < 1 || count > QueueRules.MOST_BATCH) {
      throw QueueRules.invalid(
          Reason.BATCH_SIZE_INVALID,
          "acks",
          "must have 1 to " + QueueRules.MOST_BATCH + " entries, not " + count);
    }
    Once once =
        rules.once(
            request.getIdempotencyKey(),
            "Transact.AcknowledgeMailbox/" + mailbox,
            () -> request.toBuilder().clearIdempotencyKey().build());
    List<Ack> valid = new ArrayList<>(count);
    AckResult[] results = new AckResult[count];
    for (int i = 0; i < count; i++) {
      try {
        valid.add(TransactRules.ack(request.getAcks(i), mailbox, "acks[" + i + "]."));
      } catch (PrismException wrong) {
        results[i] = new AckResult.Failed(wrong.status());
      }
    }
    Function<List<AckResult>, byte[]> encode =
        settled -> {
          AcknowledgeMailboxResponse.Builder response = AcknowledgeMailboxResponse.newBuilder();
          int next = 0;
          for (int i = 0; i < count; i++) {
            AckResult result = results[i] == null ? settled.get(next++) : results[i];
            response.addResults(QueueMessages.ack(request.getAcks(i).getReceipt(), result));
          }
          return response.build().toByteArray();
        };
    acks.offer(
        new Work<>(
            call,
            operation,
            new Group(call.header().namespace(), STRONG),
            new Settlement(valid, once, encode),
            // Two with one idempotency key are not of one transaction.
            once == null ? List.of() : List.of(new Key("", once.scope(), once.key())),
            Math.max(1, valid.size()),
            Math.max(1, valid.size()) * (long) ACK_BYTES,
            arrivedNanos,
            result ->
                switch (result) {
                  case SettlementResult.Settled(List<AckResult> settled) ->
                      new Answer.Reply(encode.apply(settled));
                  case SettlementResult.Replayed(byte[] response) -> new Answer.Reply(response);
                  case SettlementResult.Failed(var status) -> new Answer.Refusal(status);
                }));
  }

  /** One batch of acknowledgements. */
  private List<SettlementResult> settle(Group group, List<Settlement> batch) {
    List<SettlementResult> results = transactor.acknowledge(group.namespace(), batch);
    if (results.size() != batch.size()) {
      throw new IllegalStateException(
          "the backend gave " + results.size() + " results for " + batch.size() + " requests");
    }
    int done = 0;
    int dead = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (results.get(i) instanceof SettlementResult.Settled(List<AckResult> settled)) {
        for (int j = 0; j < settled.size(); j++) {
          Ack ack = batch.get(i).acks().get(j);
          inFlight.settled(ack, settled.get(j));
          if (settled.get(j) instanceof AckResult.Taken) {
            done += ack.outcome() instanceof Ack.Outcome.Done ? 1 : 0;
            dead += ack.outcome() instanceof Ack.Outcome.Dead ? 1 : 0;
          }
        }
      }
    }
    metrics.messages(Messages.ACKNOWLEDGED, group.namespace(), done);
    metrics.messages(Messages.DEAD, group.namespace(), dead);
    return results;
  }
}
