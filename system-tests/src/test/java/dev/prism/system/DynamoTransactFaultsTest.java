package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.TableSpec;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingV2Stub;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.type.v1.AccessPattern;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Transactions on a server that syncs what it is told, while the plugin's process is killed: an
 * order and its effect are there together, once, or not at all.
 */
@Tag("system")
class DynamoTransactFaultsTest {
  private static final int TRANSACTIONS = 3_000;
  private static final int WRITERS = 8;
  private static final int KILLS = 4;
  private static final long DEADLINE_MILLIS = 5_000;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final TableSpec TABLE =
      new TableSpec(List.of(TableSpec.column("id", Kind.STRING)), List.of("id"));

  private final AtomicInteger next = new AtomicInteger();
  private final Set<String> committed = ConcurrentHashMap.newKeySet();
  private final Set<String> undone = ConcurrentHashMap.newKeySet();
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();
  private final Set<String> wrong = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void everyTransactionIsDoneOnceAndAsAWholeWhileThePluginIsKilled() throws Exception {
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        DynamoRows tables = DynamoRows.of(server.settings(), "default.");
        Prism prism = Prism.upWith("dynamodb", server.settings())) {
      tables.create("orders", TABLE);
      tables.create("effects", TABLE);
      TransactServiceBlockingV2Stub transact =
          TransactServiceGrpc.newBlockingV2Stub(prism.channel())
              .withInterceptors(
                  Prism.session(
                      prism
                          .openSession(
                              AccessPattern.ACCESS_PATTERN_TRANSACT,
                              BackendType.BACKEND_TYPE_DYNAMODB)
                          .getSessionToken()));
      List<Thread> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(Thread.startVirtualThread(() -> write(transact)));
      }

      for (int kill = 1; kill <= KILLS; kill++) {
        int enough = kill * TRANSACTIONS / (KILLS + 1);
        Await.until("more is decided", Duration.ofMinutes(3), () -> decided() >= enough);
        Signals.killAndAwaitTheNext(prism, "dynamodb");
      }
      for (Thread writer : writers) {
        writer.join();
      }

      System.out.printf(
          "%d MB resident%n", Signals.residentBytes(prism.plugin("dynamodb").getPid()) >> 20);
      check(tables);
    }
  }

  private int decided() {
    return committed.size() + undone.size() + unknown.size() + wrong.size();
  }

  private void write(TransactServiceBlockingV2Stub transact) {
    for (int n = next.getAndIncrement(); n < TRANSACTIONS; n = next.getAndIncrement()) {
      String order = "order-" + n;
      switch (n % 10) {
        case 2, 5 -> inSteps(transact, order);
        case 8 -> atOnce(transact, processing(order), order);
        default -> atOnce(transact, both(order).setIdempotencyKey(order).build(), order);
      }
    }
  }

  private static DataWrite row(String table, String order) {
    return DataWrite.newBuilder()
        .setTable(table)
        .setInsert(Insert.newBuilder().putValues("id", Values.of(order)))
        .build();
  }

  private static WriteRequest.Builder both(String order) {
    return WriteRequest.newBuilder()
        .addWrites(row("orders", order))
        .addWrites(row("effects", order));
  }

  private static WriteRequest processing(String order) {
    return both(order).setInbox(Inbox.newBuilder().setName("trial").setMessageId(order)).build();
  }

  /** May be sent again until it is decided: what came before is known. */
  private void atOnce(TransactServiceBlockingV2Stub transact, WriteRequest request, String order) {
    while (true) {
      try {
        WriteResponse response =
            transact.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).write(request);
        boolean whole = response.getResultsCount() == 2 || response.getAlreadyProcessed();
        (whole ? committed : wrong).add(order);
        return;
      } catch (StatusException refusal) {
        if (refusal.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
          wrong.add(order); // it came twice, and was not known again
          return;
        }
        refused.incrementAndGet();
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  /** Without a key: a commit whose answer does not come is not known. */
  private void inSteps(TransactServiceBlockingV2Stub transact, String order) {
    boolean sent = false;
    try {
      BlockingClientCall<TransactionRequest, TransactionResponse> steps =
          transact.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS).transaction();
      ask(steps, TransactionRequest.newBuilder().setBegin(Begin.getDefaultInstance()));
      ask(steps, TransactionRequest.newBuilder().setWrite(row("orders", order)));
      ask(steps, TransactionRequest.newBuilder().setWrite(row("effects", order)));
      if (order.hashCode() % 2 == 0) {
        steps.cancel("dropped by the trial", null);
        undone.add(order);
        return;
      }
      sent = true;
      ask(steps, TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()));
      committed.add(order);
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
      throw new StatusRuntimeException(Status.ABORTED.withDescription("ended early"));
    }
  }

  private void check(DynamoRows tables) {
    Set<String> orders = tables.texts("orders", "id");
    Set<String> effects = tables.texts("effects", "id");
    System.out.printf(
        "%d committed, %d undone, %d not known, %d refusals; %d orders%n",
        committed.size(), undone.size(), unknown.size(), refused.get(), orders.size());
    assertThat(wrong).as("transactions that took effect twice, or in part").isEmpty();
    assertThat(orders).isEqualTo(effects);
    assertThat(orders).containsAll(committed);
    Set<String> mayBe = new HashSet<>(committed);
    mayBe.addAll(unknown);
    assertThat(mayBe).containsAll(orders);
    assertThat(refused.get()).as("callers who noticed a kill").isPositive();
    assertThat(decided()).isEqualTo(TRANSACTIONS);
  }
}
