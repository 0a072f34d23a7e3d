package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.TableSpec;
import dev.prism.plugin.dynamodb.Interposed.Fault;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.Value;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What tests of transactions share: a table, and what stands between it and the transactor. */
abstract class TransactorFixture {
  static final String SEND = "TransactWriteItems";

  private static DynamoDbServer server;
  static DynamoRows rows;
  Interposed between;
  DynamoTransactor transactor;
  Table table;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = DynamoDbServer.forTests(directory);
    rows = DynamoRows.of(server.settings(), "n.");
    rows.create("t", new TableSpec(List.of(TableSpec.column("id", Kind.STRING)), List.of("id")));
  }

  @AfterAll
  static void stop() {
    rows.close();
    server.close();
  }

  @BeforeEach
  void open() {
    between = new Interposed(server.url());
    transactor = newTransactor();
    table = Objects.requireNonNull(transactor.table("n", "t"));
  }

  /** As another process has one. */
  DynamoTransactor newTransactor() {
    Map<String, String> settings = new HashMap<>(server.settings());
    settings.put("DYNAMODB_ENDPOINT", between.url());
    return new DynamoTransactor(
        DynamoSettings.of(PluginConfig.of(settings)), InstantSource.system());
  }

  @AfterEach
  void close() {
    transactor.close();
    between.close();
  }

  Cell cell(String column, Value value) {
    Column found = Objects.requireNonNull(table.column(column));
    return new Cell(found, value);
  }

  TableWrite insert(String id, Value value) {
    return new TableWrite.Insert(table, List.of(cell("id", Values.of(id)), cell("v", value)));
  }

  static WriteUnit unit(@Nullable Inbox inbox, @Nullable Once once, TableWrite... writes) {
    return new WriteUnit(
        List.of(writes),
        List.of(),
        null,
        inbox,
        once,
        changed -> new byte[] {(byte) changed.size()});
  }

  static Once once() {
    return new Once("Transact.Write", UUID.randomUUID().toString(), new byte[32]);
  }

  static Patience millis(long millis) {
    return new Patience(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
  }

  WriteOutcome write(TableWrite... writes) {
    return transactor.write("n", unit(null, null, writes), millis(5000));
  }

  @Nullable Map<String, Value> row(String id) {
    Map<String, AttributeValue> item =
        rows.tables()
            .client()
            .getItem(
                get ->
                    get.tableName("n.t")
                        .key(Map.of("id", AttributeValue.fromS(id)))
                        .consistentRead(true))
            .item();
    return item.isEmpty() ? null : Attributes.row(table, item);
  }

  static Fault[] times(int count, Fault fault) {
    Fault[] faults = new Fault[count];
    Arrays.fill(faults, fault);
    return faults;
  }

  static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  Transaction begin(@Nullable Once once) {
    Started started = transactor.begin("n", new Start(null, null, once, 9000), millis(9000));
    return ((Started.Open) started).transaction();
  }
}
