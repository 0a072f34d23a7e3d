package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.IsolationLevel;
import dev.prism.transact.v1.MailboxDelivery;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.transact.v1.Rollback;
import dev.prism.transact.v1.Rows;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.Update;
import dev.prism.transact.v1.Upsert;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a backend gives to the suite, and what the suite's parts share. */
public interface TransactFixture {
  /** A table of accounts: what most tests write to. */
  TableSpec ACCOUNTS =
      new TableSpec(
          List.of(
              TableSpec.column("id", Kind.STRING),
              TableSpec.column("balance", Kind.INT64),
              TableSpec.nullable("note", Kind.STRING)),
          List.of("id"));

  /** The backend's type as in {@code required-capabilities.txt}. */
  String backend();

  /** What the backend says it can do. */
  Set<Capability> capabilities();

  /** The service, in the tests' namespace. */
  TransactApi api();

  /** Reads what was written, in the same namespace. */
  ReaderApi reader();

  /** Ends the backend's plugin process, not gently where that can be, and awaits the next one. */
  void restart();

  /** Makes a table of the tests' namespace by the backend's own means. */
  void create(String table, TableSpec spec);

  /** Whether rows may have whatever columns they like, besides those of their key. */
  boolean areOpen();

  /** The most rows that a transaction may have to do with. */
  default int mostRows() {
    return 1000;
  }

  /** A new table of accounts. */
  default String newTable() {
    String table = "t" + KeyValueFixture.Names.next();
    create(table, ACCOUNTS);
    return table;
  }

  /** A mailbox that no other test uses. */
  default String newMailbox() {
    return "m" + KeyValueFixture.Names.next();
  }

  /** Skips the rest of the test where the backend does not declare {@code capability}. */
  default void needs(Capability capability) {
    assumeTrue(capabilities().contains(capability), () -> backend() + " has no " + capability);
  }

  /** Skips the rest of the test where the backend declares {@code capability}. */
  default void lacks(Capability capability) {
    assumeTrue(!capabilities().contains(capability), () -> backend() + " has " + capability);
  }

  // ---- writes ----

  static DataWrite insert(String table, String id, long balance) {
    return DataWrite.newBuilder()
        .setTable(table)
        .setInsert(
            Insert.newBuilder()
                .putValues("id", Values.of(id))
                .putValues("balance", Values.of(balance)))
        .build();
  }

  static Update.Builder update(String id, long balance) {
    return Update.newBuilder().putKey("id", Values.of(id)).putValues("balance", Values.of(balance));
  }

  static DataWrite on(String table, Update.Builder update) {
    return DataWrite.newBuilder().setTable(table).setUpdate(update).build();
  }

  static DataWrite on(String table, Upsert.Builder upsert) {
    return DataWrite.newBuilder().setTable(table).setUpsert(upsert).build();
  }

  static DataWrite on(String table, Delete.Builder delete) {
    return DataWrite.newBuilder().setTable(table).setDelete(delete).build();
  }

  static WriteRequest.Builder request(DataWrite... writes) {
    return WriteRequest.newBuilder().addAllWrites(List.of(writes));
  }

  default WriteResponse write(DataWrite... writes) {
    return api().write(request(writes).build());
  }

  /** The row of this key by its columns' names, or null. */
  default @Nullable Map<String, Value> row(String table, Map<String, Value> key) {
    GetResponse response =
        reader().get(GetRequest.newBuilder().setCollection(table).putAllKey(key).build());
    return response.hasRow()
        ? ReaderFixture.row(response.getColumnsList(), response.getRow())
        : null;
  }

  /** The account of this id, or null. */
  default @Nullable Map<String, Value> row(String table, String id) {
    Map<String, Value> row = row(table, Map.of("id", Values.of(id)));
    if (row == null) {
      return null;
    }
    Map<String, Value> account = new LinkedHashMap<>(row);
    ACCOUNTS.columns().forEach(column -> account.putIfAbsent(column.name(), Values.NULL));
    return account;
  }

  /** The balance of an account; -1 where there is none. */
  default long balance(String table, String id) {
    Map<String, Value> row = row(table, id);
    return row == null ? -1 : ReaderFixture.value(row, "balance").getInt64Value();
  }

  // ---- streams ----

  static TransactionRequest begin(Begin.Builder begin) {
    return TransactionRequest.newBuilder().setBegin(begin).build();
  }

  static TransactionRequest step(DataWrite write) {
    return TransactionRequest.newBuilder().setWrite(write).build();
  }

  static TransactionRequest step(MailboxMessage message) {
    return TransactionRequest.newBuilder().setMessage(message).build();
  }

  static TransactionRequest step(Select.Builder select) {
    return TransactionRequest.newBuilder().setSelect(select).build();
  }

  static TransactionRequest commit() {
    return TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()).build();
  }

  static TransactionRequest rollback() {
    return TransactionRequest.newBuilder().setRollback(Rollback.getDefaultInstance()).build();
  }

  /** A transaction that runs. */
  default Running begin() {
    return begin(IsolationLevel.ISOLATION_LEVEL_UNSPECIFIED);
  }

  /** A transaction that runs. */
  default Running begin(IsolationLevel isolation) {
    Running running =
        new Running(api().transaction(begin(Begin.newBuilder().setIsolation(isolation))));
    assertThat(running.next().hasBegun()).isTrue();
    return running;
  }

  /** An open transaction. */
  final class Running implements AutoCloseable {
    private final Duplex<TransactionRequest, TransactionResponse> stream;

    public Running(Duplex<TransactionRequest, TransactionResponse> stream) {
      this.stream = stream;
    }

    public TransactionResponse next() {
      return stream.next();
    }

    /** The answer to a step. */
    public TransactionResponse ask(TransactionRequest request) {
      stream.send(request);
      return stream.next();
    }

    public TransactionResponse ask(DataWrite write) {
      return ask(step(write));
    }

    /** Sends a step without waiting for its answer. */
    public void send(TransactionRequest request) {
      stream.send(request);
    }

    public void halfClose() {
      stream.halfClose();
    }

    /** Whether there is another answer; throws what ends the stream. */
    public boolean hasNext() {
      return stream.hasNext();
    }

    public void commit() {
      assertThat(ask(TransactFixture.commit()).hasCommitted()).isTrue();
      assertThat(stream.hasNext()).isFalse();
    }

    /** The balance that this transaction sees; -1 where there is no such account. */
    public long balance(String table, String id) {
      return balance(table, id, false);
    }

    /** As {@link #balance(String, String)}, the row locked. */
    public long lockedBalance(String table, String id) {
      return balance(table, id, true);
    }

    private long balance(String table, String id, boolean lock) {
      Rows rows =
          ask(step(
                  Select.newBuilder()
                      .setTable(table)
                      .setFilter(
                          ReaderFixture.compare(
                              "id", dev.prism.type.v1.Operator.OPERATOR_EQUAL, Values.of(id)))
                      .addColumns("balance")
                      .setLock(lock)))
              .getRows();
      return rows.getRowsCount() == 0 ? -1 : rows.getRows(0).getValues(0).getInt64Value();
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  // ---- filters ----

  static Filter all(Filter... filters) {
    return Filter.newBuilder()
        .setAllOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  static Filter any(Filter... filters) {
    return Filter.newBuilder()
        .setAnyOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  static Filter isOneOf(String column, String... values) {
    Membership.Builder one = Membership.newBuilder().setColumn(column);
    for (String value : values) {
      one.addValues(Values.of(value));
    }
    return Filter.newBuilder().setMembership(one).build();
  }

  // ---- mailboxes ----

  static MailboxMessage message(String mailbox, String key, String payload) {
    return MailboxMessage.newBuilder()
        .setMailbox(mailbox)
        .setKey(ByteString.copyFromUtf8(key))
        .setPayload(ByteString.copyFromUtf8(payload))
        .build();
  }

  /** These, or none where the backend has no mailboxes: what else is written counts as well. */
  default List<MailboxMessage> where(MailboxMessage... messages) {
    return capabilities().contains(Capability.MAILBOX) ? List.of(messages) : List.of();
  }

  /** Asserts that a mailbox, where there are any, has these messages and no others. */
  default void assertHas(String mailbox, String... payloads) {
    if (capabilities().contains(Capability.MAILBOX)) {
      try (Mailbox open = open(mailbox)) {
        for (String payload : payloads) {
          assertThat(text(open.next())).isEqualTo(payload);
        }
        assertThat(open.nextOrCaughtUp()).isNull();
      }
    }
  }

  default WriteResponse send(MailboxMessage... messages) {
    return api().write(WriteRequest.newBuilder().addAllMessages(List.of(messages)).build());
  }

  default Mailbox open(String mailbox) {
    return open(ReadMailboxRequest.newBuilder().setMailbox(mailbox));
  }

  default Mailbox open(ReadMailboxRequest.Builder request) {
    return new Mailbox(api().readMailbox(request.build()));
  }

  default List<AckResult> acknowledge(String mailbox, Ack... acks) {
    return api()
        .acknowledge(
            AcknowledgeMailboxRequest.newBuilder()
                .setMailbox(mailbox)
                .addAllAcks(List.of(acks))
                .build())
        .getResultsList();
  }

  /** Acknowledges, and asserts that every receipt was in force. */
  default void ack(String mailbox, MailboxDelivery... deliveries) {
    Ack[] acks = new Ack[deliveries.length];
    for (int i = 0; i < acks.length; i++) {
      acks[i] = done(deliveries[i]);
    }
    assertThat(acknowledge(mailbox, acks)).allMatch(AckResult::hasSuccess);
  }

  static Ack done(MailboxDelivery delivery) {
    return Ack.newBuilder()
        .setReceipt(delivery.getReceipt())
        .setAck(Empty.getDefaultInstance())
        .build();
  }

  static String text(MailboxDelivery delivery) {
    return delivery.getMessage().getPayload().toStringUtf8();
  }

  static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  /** A row of accounts. */
  static Map<String, Value> account(String id, long balance, Value note) {
    Map<String, Value> row = new LinkedHashMap<>();
    row.put("id", Values.of(id));
    row.put("balance", Values.of(balance));
    row.put("note", note);
    return row;
  }

  /** An open mailbox. */
  final class Mailbox implements AutoCloseable {
    private final Duplex<ReadMailboxRequest, ReadMailboxResponse> stream;
    private final ArrayDeque<MailboxDelivery> waiting = new ArrayDeque<>();

    public Mailbox(Duplex<ReadMailboxRequest, ReadMailboxResponse> stream) {
      this.stream = stream;
    }

    /** The next delivery; waits for it. */
    public MailboxDelivery next() {
      while (waiting.isEmpty()) {
        waiting.addAll(stream.next().getDeliveriesList());
      }
      return waiting.remove();
    }

    public List<MailboxDelivery> next(int count) {
      List<MailboxDelivery> deliveries = new ArrayList<>();
      while (deliveries.size() < count) {
        deliveries.add(next());
      }
      return deliveries;
    }

    /** The next delivery, or null where the service says first that there is none. */
    public @Nullable MailboxDelivery nextOrCaughtUp() {
      while (waiting.isEmpty()) {
        ReadMailboxResponse response = stream.next();
        waiting.addAll(response.getDeliveriesList());
        if (response.getCaughtUp() && waiting.isEmpty()) {
          return null;
        }
      }
      return waiting.remove();
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
