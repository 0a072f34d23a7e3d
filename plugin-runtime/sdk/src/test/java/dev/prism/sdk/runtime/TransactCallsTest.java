package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.options.Options;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.IsolationLevel;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Rollback;
import dev.prism.transact.v1.Transact;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.transact.v1.WriteResponse;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the runtime does with a transactor, whatever backend it is of. */
class TransactCallsTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final FakeTransactor transactor = new FakeTransactor();
  private PluginRuntime runtime;
  private Link link;

  private Link link() {
    if (link == null) {
      runtime = PluginRuntime.start(transactor, PluginConfig.of(Map.of()), InstantSource.system());
      Hello hello = new Hello(Hello.LINK_VERSION, "test", "1", Set.of(), 17 << 20, 64 << 20);
      link = InProcessLink.connect(hello, hello, runtime);
    }
    return link;
  }

  @AfterEach
  void close() {
    if (link != null) {
      link.close();
      runtime.close();
    }
  }

  private static CallHeader header(String method) {
    int operation =
        Transact.getDescriptor()
            .findServiceByName("TransactService")
            .findMethodByName(method)
            .getOptions()
            .getExtension(Options.method)
            .getOperation();
    long now = System.nanoTime();
    return new CallHeader(
        operation, "default", 0, 3, 0, now + TimeUnit.SECONDS.toNanos(30), now, "r", TRACE);
  }

  private Exchange transaction(TransactionRequest.Builder first) throws LinkException {
    return link().open(header("Transaction"), first.build().toByteArray());
  }

  private static TransactionRequest.Builder begin() {
    return TransactionRequest.newBuilder().setBegin(Begin.getDefaultInstance());
  }

  private static TransactionRequest.Builder insert(String table) {
    return TransactionRequest.newBuilder().setWrite(row(table));
  }

  private static DataWrite row(String table) {
    return DataWrite.newBuilder()
        .setTable(table)
        .setInsert(Insert.newBuilder().putValues("id", Values.of("a")))
        .build();
  }

  private static TransactionResponse ask(Exchange steps, TransactionRequest.Builder step)
      throws Exception {
    steps.send(step.build().toByteArray());
    return next(steps);
  }

  private static TransactionResponse next(Exchange steps) throws Exception {
    byte[] bytes = steps.receive();
    assertThat(bytes).as("the stream goes on").isNotNull();
    return TransactionResponse.parseFrom(bytes);
  }

  private static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            LinkException.class,
            e -> assertThat(PrismException.reason(e.status())).isEqualTo(reason));
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  // ---- streams ----

  @Test
  void stepsAreDoneInOrderAndTheCommitEndsTheStream() throws Exception {
    try (Exchange steps = transaction(begin())) {
      assertThat(next(steps).getBegun().hasDeadline()).isTrue();
      assertThat(ask(steps, insert("t")).getWrite().getRows()).isEqualTo(1);
      MailboxMessage message =
          MailboxMessage.newBuilder().setMailbox("m").setMessageId("one").build();
      assertThat(
              ask(steps, TransactionRequest.newBuilder().setMessage(message))
                  .getMessage()
                  .getMessageId())
          .isEqualTo("one");
      assertThat(
              ask(steps, TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()))
                  .hasCommitted())
          .isTrue();

      assertThat(steps.receive()).isNull();
    }
    assertThat(transactor.said).containsExactly("begin", "write t", "put one", "commit", "close");
  }

  @Test
  void aRollbackClosesTheTransactionBeforeItIsAnswered() throws Exception {
    try (Exchange steps = transaction(begin())) {
      next(steps);

      TransactionResponse answer =
          ask(steps, TransactionRequest.newBuilder().setRollback(Rollback.getDefaultInstance()));

      assertThat(answer.hasRolledBack()).isTrue();
      assertThat(transactor.said).containsExactly("begin", "close");
      assertThat(steps.receive()).isNull();
    }
  }

  @Test
  void betweenStepsATransactionIsClosedWhenItsCallerGoes() throws Exception {
    Exchange steps = transaction(begin());
    next(steps);

    steps.close();

    await(() -> transactor.open.get() == 0);
    assertThat(transactor.said).containsExactly("begin", "close");
  }

  @Test
  void aStepThatIsUnderWayIsInterruptedWhenItsCallerGoes() throws Exception {
    Exchange steps = transaction(begin());
    next(steps);
    steps.send(insert(FakeTransactor.STUCK).build().toByteArray());
    assertThat(transactor.isStuck.await(10, TimeUnit.SECONDS)).isTrue();

    steps.close();

    await(() -> transactor.open.get() == 0);
    assertThat(transactor.said).containsExactly("begin", "write stuck", "interrupted", "close");
  }

  @Test
  void aTransactionWhoseTimeIsUpIsClosedAndItsCallerToldAtOnce() throws Exception {
    Begin.Builder shortly =
        Begin.newBuilder().setTimeout(Duration.newBuilder().setNanos(100_000_000));
    try (Exchange steps = transaction(TransactionRequest.newBuilder().setBegin(shortly))) {
      next(steps);

      assertFails(Reason.DEADLINE_EXCEEDED, steps::receive);

      assertThat(transactor.said).containsExactly("begin", "close");
    }
  }

  @Test
  void noMoreTransactionsAreOpenThanTheBackendTakes() throws Exception {
    List<Exchange> open = new ArrayList<>();
    for (int i = 0; i < FakeTransactor.TRANSACTIONS; i++) {
      Exchange steps = transaction(begin());
      next(steps);
      open.add(steps);
    }

    try (Exchange oneMore = transaction(begin())) {
      assertFails(Reason.OVERLOADED, oneMore::receive);
    }

    open.forEach(Exchange::close);
    await(() -> transactor.open.get() == 0 && runtime.pending() == 0);
    try (Exchange again = transaction(begin())) {
      assertThat(next(again).hasBegun()).isTrue();
    }
  }

  @Test
  void anotherOrderIsRefused() throws Exception {
    for (TransactionRequest.Builder first :
        List.of(
            insert("t"),
            TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()),
            TransactionRequest.newBuilder())) {
      try (Exchange steps = transaction(first)) {
        assertFails(Reason.STREAM_ORDER_INVALID, steps::receive);
      }
    }
    try (Exchange steps = transaction(begin())) {
      next(steps);
      assertFails(Reason.STREAM_ORDER_INVALID, () -> ask(steps, begin()));
    }
    try (Exchange steps = transaction(begin())) {
      next(steps);
      steps.halfClose();
      assertFails(Reason.STREAM_ORDER_INVALID, steps::receive);
    }
    assertThat(transactor.said).containsExactly("begin", "close", "begin", "close");
  }

  // ---- requests ----

  private byte[] call(Message request) throws LinkException {
    return link().call(header("Write"), request.toByteArray());
  }

  @Test
  void aMessageGetsAnIdAndTheCallsTrace() throws Exception {
    WriteRequest request =
        WriteRequest.newBuilder()
            .addMessages(MailboxMessage.newBuilder().setMailbox("m"))
            .addMessages(MailboxMessage.newBuilder().setMailbox("m"))
            .build();

    WriteResponse response = WriteResponse.parseFrom(call(request));

    WriteUnit unit = transactor.written;
    assertThat(unit.messages()).extracting(Outgoing::messageId).doesNotHaveDuplicates();
    assertThat(response.getMessageIdsList())
        .isEqualTo(unit.messages().stream().map(Outgoing::messageId).toList());
    UUID id = UUID.fromString(response.getMessageIds(0));
    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(unit.messages().getFirst().message().headers())
        .singleElement()
        .satisfies(
            header -> {
              assertThat(header.name()).isEqualTo("traceparent");
              assertThat(new String(header.value(), StandardCharsets.US_ASCII)).isEqualTo(TRACE);
            });
  }

  @Test
  void theColumnsOfARowComeInTheOrderOfTheirNames() throws Exception {
    DataWrite write =
        DataWrite.newBuilder()
            .setTable("t")
            .setInsert(
                Insert.newBuilder().putValues("sum", Values.of(1)).putValues("id", Values.of("a")))
            .build();

    call(WriteRequest.newBuilder().addWrites(write).build());

    TableWrite.Insert insert = (TableWrite.Insert) transactor.written.writes().getFirst();
    assertThat(insert.values())
        .extracting(cell -> cell.column().name())
        .containsExactly("id", "sum");
  }

  @Test
  void whatTheBackendDoesNotDeclareIsRefused() {
    WriteRequest.Builder request = WriteRequest.newBuilder().addWrites(row("t"));

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            call(
                request.clone().setIsolation(IsolationLevel.ISOLATION_LEVEL_SERIALIZABLE).build()));
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            call(
                request
                    .clone()
                    .setInbox(Inbox.newBuilder().setName("n").setMessageId("i"))
                    .build()));
    assertFails(
        Reason.IDEMPOTENCY_UNSUPPORTED, () -> call(request.clone().setIdempotencyKey("k").build()));
    assertThat(transactor.written).isNull();
  }

  @Test
  void aKeyIsRememberedWithoutItselfInTheFingerprint() throws Exception {
    transactor.capabilities.add(Capability.IDEMPOTENCY);
    WriteRequest.Builder request = WriteRequest.newBuilder().addWrites(row("t"));
    call(request.setIdempotencyKey("one").build());
    var one = transactor.written.once();

    call(request.setIdempotencyKey("other").build());

    var other = transactor.written.once();
    assertThat(one.key()).isEqualTo("one");
    assertThat(other.key()).isEqualTo("other");
    assertThat(one.scope()).isEqualTo(other.scope());
    assertThat(one.fingerprint()).isEqualTo(other.fingerprint());
  }
}
