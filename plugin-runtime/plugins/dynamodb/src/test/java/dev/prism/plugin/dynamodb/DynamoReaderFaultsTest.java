package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.conformance.DynamoTables;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Reads whose answers are late, lost or refused. */
class DynamoReaderFaultsTest {
  private static final int ROWS = 40;

  /** The row that the filter lets through is far behind the others. */
  private static final Condition RARE =
      new Condition.Not(
          new Condition.Comparison(
              new Column("rare", Kind.ANY, true, ""), Operator.OPERATOR_CONTAINS, Values.of("x")));

  private static final Consistency EVENTUAL = new Consistency(Consistency.Level.EVENTUAL, 0);

  @TempDir private static Path directory;
  private static DynamoDbServer server;
  private static DynamoTables tables;
  private Interposed between;
  private DynamoReader reader;
  private Table table;

  @BeforeAll
  static void startServer() {
    server = DynamoDbServer.forTests(directory);
    tables = DynamoTables.of(server.settings(), "n.");
    tables.create("t", "part", ScalarAttributeType.S, "id", ScalarAttributeType.N);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (long id = 0; id < ROWS; id++) {
      Map<String, Value> row = new HashMap<>();
      row.put("part", Values.of("p"));
      row.put("id", Values.of(id));
      if (id < ROWS - 1) {
        row.put("rare", Values.of("x"));
      }
      rows.add(row);
    }
    tables.put("t", rows);
  }

  @AfterAll
  static void stopServer() {
    tables.client().close();
    server.close();
  }

  @BeforeEach
  void open() {
    between = new Interposed(server.url());
    reader = newReader();
    table = Objects.requireNonNull(reader.table("n", "t"));
  }

  @AfterEach
  void close() {
    reader.close();
    between.close();
  }

  private DynamoReader newReader() {
    Map<String, String> settings = new HashMap<>(server.settings());
    settings.put("DYNAMODB_ENDPOINT", between.url());
    return new DynamoReader(DynamoSettings.of(PluginConfig.of(settings)));
  }

  private static Patience patience(Duration duration) {
    return new Patience(System.nanoTime() + duration.toNanos());
  }

  private static Patience patience() {
    return patience(Duration.ofMinutes(1));
  }

  private Chunk read(
      @Nullable Condition filter, int rows, byte @Nullable [] position, Patience patience) {
    return reader.read(
        "n",
        Consistency.STRONG,
        new Query(table, List.of(), filter, List.of()),
        position,
        new PageSize(rows, 1 << 20),
        patience);
  }

  private static List<Value> ids(Chunk chunk) {
    int id = chunk.columns().indexOf("id");
    return chunk.rows().stream().map(row -> row.get(id)).toList();
  }

  @Test
  void aPageThatTheDeadlineEndsBeforeARowWasFoundGoesOnWhereItStopped() {
    Patience patience = patience();
    between.next(
        "Scan", new Interposed.Fault.First(() -> {}), new Interposed.Fault.First(patience::end));

    Chunk first = read(RARE, 1, null, patience);
    int asked = between.requests("Scan").size();
    Chunk second = read(RARE, 1, first.next(), patience());

    assertThat(first.end()).isEqualTo(Chunk.End.PATIENCE);
    assertThat(first.rows()).isEmpty();
    assertThat(asked).isEqualTo(2);
    assertThat(ids(second)).containsExactly(Values.of(ROWS - 1L));
    // Ten items were looked at, by twos and eights, and are not looked at again.
    assertThat(between.requests("Scan").get(asked).body()).contains("ExclusiveStartKey", "\"9\"");
  }

  @Test
  void aPageEndsInTimeWhereDynamoDbIsSilent() {
    Patience patience = patience(Duration.ofSeconds(1));
    Interposed.Fault silence = new Interposed.Fault.Silence(patience::end);
    between.next("Scan", new Interposed.Fault.First(() -> {}), silence, silence, silence);
    long started = System.nanoTime();

    Chunk chunk = read(RARE, 1, null, patience);

    assertThat(chunk.end()).isEqualTo(Chunk.End.PATIENCE);
    assertThat(chunk.next()).isNotNull();
    assertThat(System.nanoTime() - started).isLessThan(TimeUnit.SECONDS.toNanos(4));
  }

  @Test
  void aReadThatIsThrottledOrWhoseAnswerIsLostIsMadeAgain() {
    between.next(
        "Scan",
        new Interposed.Fault.Error(400, "ProvisionedThroughputExceededException"),
        new Interposed.Fault.LostAnswer());

    Chunk chunk = read(null, 100, null, patience());

    assertThat(chunk.rows()).hasSize(ROWS);
    assertThat(chunk.end()).isEqualTo(Chunk.End.TABLE);
  }

  @Test
  void onlyAnEventualReadIsNotConsistent() {
    for (Consistency consistency : List.of(Consistency.STRONG, EVENTUAL)) {
      reader.count("n", consistency, table, null, 10, patience());
      reader.get(
          "n", consistency, table, List.of(), List.of(Values.of("p"), Values.of(1L)), patience());
    }

    for (String operation : List.of("Scan", "GetItem")) {
      List<Interposed.Request> requests = between.requests(operation);
      assertThat(requests.getFirst().body()).contains("\"ConsistentRead\":true");
      assertThat(requests.getLast().body()).contains("\"ConsistentRead\":false");
    }
  }

  @Test
  void aCountThatIsBoundedLooksAtNoMoreItems() {
    assertThat(reader.count("n", Consistency.STRONG, table, null, 10, patience())).isEqualTo(11);
    assertThat(between.requests("Scan").getLast().body())
        .contains("\"Limit\":11", "\"Select\":\"COUNT\"");
  }

  @Test
  void aWholeTableIsCountedByAsFewRequestsAsItTakes() {
    long count = reader.count("n", Consistency.STRONG, table, null, Long.MAX_VALUE, patience());

    assertThat(count).isEqualTo(ROWS);
    assertThat(between.requests("Scan")).hasSize(1);
    assertThat(between.requests("Scan").getFirst().body()).doesNotContain("Limit");
  }

  @Test
  void aTableThatThePluginMayNotLookAtIsNotThere() {
    between.next("DescribeTable", new Interposed.Fault.Error(400, "AccessDeniedException"));

    assertThat(reader.table("n", "t2")).isNull();
  }

  @Test
  void aTableIsDescribedOnce() {
    reader.table("n", "t");

    assertThat(between.requests("DescribeTable")).hasSize(1);
  }

  @Test
  void everyProcessHasTheSameKeyOfCursors() {
    between.next("PutItem", new Interposed.Fault.LostAnswer());
    try (DynamoReader other = newReader()) {
      byte[] key = reader.cursorKey();

      assertThat(key).hasSize(32);
      assertThat(other.cursorKey()).isEqualTo(key);
    }
  }

  @Test
  void credentialsThatAreRefusedAreNoMissingTable() {
    between.next("DescribeTable", new Interposed.Fault.Error(400, "UnrecognizedClientException"));

    assertThatThrownBy(() -> reader.table("n", "t3"))
        .isInstanceOf(PrismException.class)
        .hasMessageContaining("refuses the plugin");
  }
}
