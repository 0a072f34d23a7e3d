package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.config.v1.BackendType;
import dev.prism.conformance.Counts;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.reader.v1.ReaderServiceGrpc.ReaderServiceBlockingStub;
import dev.prism.reader.v1.Row;
import dev.prism.sdk.rows.Values;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Rollback;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingV2Stub;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.type.v1.AccessPattern;
import io.grpc.ClientInterceptor;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Orders are written with their events, the relay carries the events to a topic, and a consumer
 * applies each through the inbox, while what they run on is disturbed. Afterwards every committed
 * order has one row and one effect, and nothing that was not committed has either.
 *
 * <p>Tables: {@code orders(id text primary key, total bigint)} and {@code effects(id text primary
 * key, order_id text)}.
 */
final class OutboxTrial implements AutoCloseable {
  static final String MAILBOX = "orders-outbox";
  static final String TOPIC = "orders";

  private static final int TRANSACTIONS = Counts.of(100_000, 15_000);
  private static final int WRITERS = 48;
  private static final int DISTURBANCES = 4;
  private static final long DEADLINE_MILLIS = 5_000;
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final int transactions;
  private final TransactServiceBlockingV2Stub transact;
  private final QueueServiceBlockingStub queue;
  private final ReaderServiceBlockingStub reader;
  private final AtomicInteger next = new AtomicInteger();
  private volatile int allowed;
  private volatile boolean stopping;
  private final Set<String> committed = ConcurrentHashMap.newKeySet();
  private final Set<String> undone = ConcurrentHashMap.newKeySet();
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final List<Thread> writers = new ArrayList<>();
  private final AppliedEvents applied;

  private OutboxTrial(Prism prism, BackendType backend, BackendType broker, int transactions) {
    this.transactions = transactions;
    this.transact =
        TransactServiceGrpc.newBlockingV2Stub(prism.channel())
            .withInterceptors(session(prism, AccessPattern.ACCESS_PATTERN_TRANSACT, backend));
    this.queue =
        QueueServiceGrpc.newBlockingStub(prism.channel())
            .withInterceptors(session(prism, AccessPattern.ACCESS_PATTERN_QUEUE, broker));
    this.reader =
        ReaderServiceGrpc.newBlockingStub(prism.channel())
            .withInterceptors(session(prism, AccessPattern.ACCESS_PATTERN_READER, backend));
    this.applied = new AppliedEvents(queue, transact);
  }

  private static ClientInterceptor session(
      Prism prism, AccessPattern pattern, BackendType backend) {
    return Prism.session(prism.openSession(pattern, backend).getSessionToken());
  }

  /** What carries the mailbox, for the server's configuration. */
  static Map<String, ?> namespaces(String backend) {
    return namespaces(backend, backend);
  }

  /** As {@link #namespaces(String)}, to a topic of another backend. */
  static Map<String, ?> namespaces(String backend, String broker) {
    return Map.of(
        "default",
        Map.of(
            "mailboxes",
            Map.of(
                MAILBOX,
                Map.of("backend", backend, "relay", Map.of("topic", TOPIC, "backend", broker)))));
  }

  /** Runs it, a fifth of it for each disturbance, which begins in the middle of its fifth. */
  static void run(Prism prism, BackendType backend, QueueTrial.Disturbance disturbance)
      throws Exception {
    run(prism, backend, backend, TRANSACTIONS, disturbance);
  }

  /** As the other, with a topic of another backend and so many transactions. */
  static void run(
      Prism prism,
      BackendType backend,
      BackendType broker,
      int transactions,
      QueueTrial.Disturbance disturbance)
      throws Exception {
    try (OutboxTrial trial = new OutboxTrial(prism, backend, broker, transactions)) {
      int part = transactions / (DISTURBANCES + 1);
      trial.start();
      for (int i = 1; i <= DISTURBANCES; i++) {
        int enough = trial.decided() + part / 2;
        trial.allowed = (i + 1) * part;
        Await.until("more is decided", Duration.ofMinutes(4), () -> trial.decided() >= enough);
        disturbance.run();
      }
      trial.allowed = transactions;
      for (Thread writer : trial.writers) {
        writer.join();
      }
      trial.check();
    }
  }

  private void start() {
    applied.start();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(Thread.startVirtualThread(this::write));
    }
  }

  private int decided() {
    return committed.size() + undone.size() + unknown.size();
  }

  private void write() {
    for (int n = next.getAndIncrement(); n < transactions; n = next.getAndIncrement()) {
      while (n >= allowed && !stopping) {
        LockSupport.parkNanos(TURN_NANOS);
      }
      String order = "order-" + n;
      switch (n % 10) {
        case 3 -> inSteps(order, true);
        case 7 -> inSteps(order, false);
        default -> atOnce(order);
      }
    }
  }

  private static DataWrite row(String order) {
    return DataWrite.newBuilder()
        .setTable("orders")
        .setInsert(
            Insert.newBuilder()
                .putValues("id", Values.of(order))
                .putValues("total", Values.of((long) order.length())))
        .build();
  }

  private static MailboxMessage event(String order) {
    return MailboxMessage.newBuilder()
        .setMailbox(MAILBOX)
        .setMessageId(order)
        .setKey(ByteString.copyFromUtf8("customer-" + Math.floorMod(order.hashCode(), 1000)))
        .setPayload(ByteString.copyFromUtf8(order))
        .build();
  }

  /** With a key under which it may be sent again until it is decided. */
  private void atOnce(String order) {
    WriteRequest request =
        WriteRequest.newBuilder()
            .addWrites(row(order))
            .addMessages(event(order))
            .setIdempotencyKey(order)
            .build();
    while (true) {
      try {
        transact.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).write(request);
        committed.add(order);
        return;
      } catch (StatusException refusal) {
        refused.incrementAndGet();
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  /** Without one: a commit whose answer does not come is not known. */
  private void inSteps(String order, boolean commit) {
    boolean sent = false;
    try {
      BlockingClientCall<TransactionRequest, TransactionResponse> steps =
          transact.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).transaction();
      ask(steps, TransactionRequest.newBuilder().setBegin(Begin.getDefaultInstance()));
      ask(steps, TransactionRequest.newBuilder().setWrite(row(order)));
      ask(steps, TransactionRequest.newBuilder().setMessage(event(order)));
      sent = commit;
      if (commit) {
        ask(steps, TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()));
        committed.add(order);
      } else if (order.hashCode() % 2 == 0) {
        ask(steps, TransactionRequest.newBuilder().setRollback(Rollback.getDefaultInstance()));
        undone.add(order);
      } else {
        steps.cancel("dropped by the trial", null);
        undone.add(order);
      }
    } catch (StatusException | StatusRuntimeException refusal) {
      refused.incrementAndGet();
      (sent ? unknown : undone).add(order);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void ask(
      BlockingClientCall<TransactionRequest, TransactionResponse> steps,
      TransactionRequest.Builder step)
      throws StatusException, InterruptedException {
    steps.write(step.build());
    if (steps.read() == null) {
      throw new StatusRuntimeException(io.grpc.Status.ABORTED.withDescription("ended early"));
    }
  }

  private void check() {
    Await.until(
        "every event is applied",
        Duration.ofMinutes(3),
        () -> applied.orders().containsAll(committed));
    // What was not known may still be on its way.
    Set<String> rows = new HashSet<>(column("orders", "id"));
    Await.until(
        "every row's event is applied",
        Duration.ofMinutes(1),
        () -> applied.orders().containsAll(rows));
    List<String> effects = column("effects", "order_id");
    System.out.printf(
        "%d committed, %d undone, %d not known, %d refusals; %d rows, %d effects, %d deliveries%n",
        committed.size(),
        undone.size(),
        unknown.size(),
        refused.get(),
        rows.size(),
        effects.size(),
        applied.deliveries());
    assertThat(committed.size()).isGreaterThan(transactions * 8 / 10);
    Set<String> effective = new HashSet<>(effects);
    assertThat(without(committed, rows)).as("committed orders without a row").isEmpty();
    assertThat(without(rows, union(committed, unknown))).as("rows of no commit").isEmpty();
    assertThat(effective).as("orders with two effects").hasSameSizeAs(effects);
    assertThat(without(rows, effective)).as("orders without an effect").isEmpty();
    assertThat(without(effective, rows)).as("effects of no order").isEmpty();
    assertThat(without(applied.orders(), rows)).as("events of no order").isEmpty();
  }

  private static Set<String> without(Set<String> all, Set<String> those) {
    Set<String> left = new HashSet<>(all);
    left.removeAll(those);
    return left;
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> all = new HashSet<>(one);
    all.addAll(other);
    return all;
  }

  private List<String> column(String table, String column) {
    List<String> values = new ArrayList<>();
    Iterator<ReadResponse> pages =
        reader
            .withDeadlineAfter(1, TimeUnit.MINUTES)
            .read(
                ReadRequest.newBuilder()
                    .setCollection(table)
                    .addColumns(column)
                    .setPageSize(10_000)
                    .build());
    while (pages.hasNext()) {
      Page page = pages.next().getPage();
      for (Row row : page.getRowsList()) {
        values.add(row.getValues(0).getStringValue());
      }
    }
    return values;
  }

  @Override
  public void close() {
    stopping = true;
    next.set(transactions);
    applied.close();
  }
}
