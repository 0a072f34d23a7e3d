package dev.prism.plugin.dynamodb;

import static dev.prism.plugin.dynamodb.Fixtures.atomic;
import static dev.prism.plugin.dynamodb.Fixtures.key;
import static dev.prism.plugin.dynamodb.Fixtures.once;
import static dev.prism.plugin.dynamodb.Fixtures.put;
import static dev.prism.plugin.dynamodb.Fixtures.read;
import static dev.prism.plugin.dynamodb.Fixtures.reason;
import static dev.prism.plugin.dynamodb.Fixtures.status;
import static dev.prism.plugin.dynamodb.Fixtures.unit;
import static dev.prism.plugin.dynamodb.Fixtures.value;
import static dev.prism.plugin.dynamodb.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.prism.plugin.dynamodb.Interposed.Fault;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.DynamoDbServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Answers that are lost on their way, and answers that DynamoDB gives when it has too much to do.
 */
@Tag("conformance")
class DynamoFaultsTest {
  private static final Fault LOST = new Fault.LostAnswer();
  private static final Fault THROTTLED =
      new Fault.Error(400, "ProvisionedThroughputExceededException");

  private static DynamoDbServer server;
  private Interposed between;
  private DynamoStore store;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = DynamoDbServer.forTests(directory);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void open() {
    between = new Interposed(server.url());
    store = Fixtures.store(server.settings(), "DYNAMODB_ENDPOINT", between.url());
    read(store, "to begin with");
  }

  @AfterEach
  void close() {
    store.close();
    between.close();
  }

  private static Fault[] times(int count, Fault fault) {
    Fault[] faults = new Fault[count];
    Arrays.fill(faults, fault);
    return faults;
  }

  @Test
  void aConditionalPutWhoseAnswerWasLostIsKnownAgainAndNotSentTwice() {
    between.next("PutItem", LOST);

    WriteResult result = write(store, put("lost", new byte[1], new Write.Condition.IfAbsent()));

    assertThat(result).isInstanceOf(WriteResult.Written.class);
    assertThat(((WriteResult.Written) result).etag()).isEqualTo(read(store, "lost").etag());
    assertThat(between.requests("PutItem")).hasSize(1);
  }

  @Test
  void aPutWhoseAnswerWasLostAndThatWasReplacedIsUnknown() {
    between.next("PutItem", LOST);
    between.next("GetItem", new Fault.Answer("{}")); // as if another had removed it

    WriteResult result = write(store, put("replaced", new byte[1], new Write.Condition.IfAbsent()));

    assertThat(reason(status(result))).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(between.requests("PutItem")).hasSize(1);
  }

  @Test
  void aDeleteWhoseAnswerWasLostIsUnknownAndNotSentTwice() {
    write(store, put("removed", "v"));
    between.next("DeleteItem", LOST);

    WriteResult result = write(store, new Write.Delete(key("removed"), new Write.Condition.None()));

    assertThat(reason(status(result))).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(between.requests("DeleteItem")).hasSize(1);
    assertThat(read(store, "removed")).isNull();
  }

  @Test
  void putsInOneRequestWhoseAnswerWasLostAreKnownAgain() {
    between.next("BatchWriteItem", LOST);

    List<UnitResult> results =
        store.write("n", List.of(unit(put("both-1", "v")), unit(put("both-2", "v"))));

    assertThat(results)
        .allSatisfy(
            result ->
                assertThat(((UnitResult.Applied) result).results().getFirst())
                    .isInstanceOf(WriteResult.Written.class));
    assertThat(between.requests("BatchWriteItem")).hasSize(1);
  }

  @Test
  void anAtomicBatchWhoseAnswerWasLostIsKnownByItsToken() {
    between.next("TransactWriteItems", LOST);
    List<Write> writes =
        List.of(
            put("token-1", new byte[1], new Write.Condition.IfAbsent()),
            put("token-2", new byte[1], new Write.Condition.IfAbsent()));

    UnitResult result = store.write("n", List.of(atomic(writes))).getFirst();

    assertThat(result).isInstanceOf(UnitResult.Applied.class);
    assertThat(((WriteResult.Written) ((UnitResult.Applied) result).results().getFirst()).etag())
        .isEqualTo(read(store, "token-1").etag());
    assertThat(between.requests("TransactWriteItems"))
        .hasSize(2)
        .extracting(Interposed.Request::body)
        .containsOnly(between.requests("TransactWriteItems").getFirst().body());
  }

  @Test
  void aRetryThatSeesItsOwnWriteBeforeItIsSeenToBeRememberedIsAnsweredAsTheFirst() {
    Unit once = once("early", put("early", new byte[1], new Write.Condition.IfAbsent()));
    store.write("n", List.of(once));
    between.next("BatchGetItem", new Fault.Answer(only("n/c/early", "early")));

    UnitResult result = store.write("n", List.of(once)).getFirst();

    assertThat(result).isInstanceOf(UnitResult.Replayed.class);
  }

  /** An answer that has an item, and nothing else that was asked for. */
  private static String only(String partition, String key) {
    return """
        {"Responses": {"prism": [{"pk": {"B": "%s"}, "sk": {"B": "%s"}, "etag": {"S": "e"}}]},
         "UnprocessedKeys": {}}
        """
        .formatted(base64(partition), base64(key));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aReadWhoseAnswerWasLostIsMadeAgain() {
    write(store, put("again", "v"));
    between.next("GetItem", LOST);

    assertThat(value(store, "again")).isEqualTo("v");
  }

  @Test
  void whatIsThrottledIsTriedAgain() {
    between.next("PutItem", THROTTLED, new Fault.Error(400, "ThrottlingException"));
    between.next("GetItem", THROTTLED);

    WriteResult result = write(store, put("throttled", "v"));

    assertThat(result).isInstanceOf(WriteResult.Written.class);
    assertThat(value(store, "throttled")).isEqualTo("v");
  }

  @Test
  void putsThatDynamoLeavesUnprocessedAreTriedAgain() {
    between.next("BatchWriteItem", unprocessed());

    List<UnitResult> results =
        store.write("n", List.of(unit(put("left-1", "v")), unit(put("left-2", "w"))));

    assertThat(results)
        .allMatch(
            each ->
                ((UnitResult.Applied) each).results().getFirst() instanceof WriteResult.Written);
    assertThat(value(store, "left-1")).isEqualTo("v");
    assertThat(value(store, "left-2")).isEqualTo("w");
    assertThat(between.requests("BatchWriteItem")).hasSize(3);
  }

  /** Two answers that do nothing: the requests come back as they were sent. */
  private Fault[] unprocessed() {
    return times(2, new Fault.Unprocessed());
  }

  @Test
  void throttlingThatDoesNotEndIsOverloadedAndSaysWhenToTryAgain() throws Exception {
    between.next("PutItem", times(1000, THROTTLED));
    long begun = System.nanoTime();

    Status status = status(write(store, put("busy", "v")));

    assertThat(reason(status)).isEqualTo("OVERLOADED");
    assertThat(status.getDetails(1).unpack(RetryInfo.class).getRetryDelay().getSeconds())
        .isPositive();
    assertThat(System.nanoTime() - begun).isLessThan(3_000_000_000L);
    assertThat(read(store, "busy")).isNull();
  }

  @Test
  void aTransactionInTheWayIsWaitedFor() {
    between.next("PutItem", new Fault.Error(400, "TransactionConflictException"));

    WriteResult result = write(store, put("way", new byte[1], new Write.Condition.IfAbsent()));

    assertThat(result).isInstanceOf(WriteResult.Written.class);
  }

  @Test
  void anErrorOfTheServersLeavesAWriteUnknown() {
    between.next("DeleteItem", new Fault.Error(500, "InternalServerError"));

    WriteResult result = write(store, new Write.Delete(key("five"), new Write.Condition.None()));

    assertThat(reason(status(result))).isEqualTo("OUTCOME_UNKNOWN");
  }

  @Test
  void credentialsThatAreRefusedMakeTheBackendUnavailable() {
    between.next("GetItem", new Fault.Error(400, "UnrecognizedClientException"));

    assertThatThrownBy(() -> read(store, "k"))
        .isInstanceOfSatisfying(
            PrismException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.BACKEND_UNAVAILABLE));
  }

  @Test
  void onlyAnEventualReadIsNotConsistent() {
    for (Consistency.Level level : Consistency.Level.values()) {
      List<Item> read =
          store.read("n", new Consistency(level, 1000), List.of(key("nothing")), 1 << 20);

      assertThat(read).containsOnlyNulls();
      String body = between.requests("GetItem").getLast().body();
      assertThat(body).contains("\"ConsistentRead\":" + (level != Consistency.Level.EVENTUAL));
    }
  }

  @Test
  void aPutWithAnIdempotencyKeyIsOneRequest() {
    store.write("n", List.of(once("one", put("one", "v"))));

    assertThat(between.requests("TransactWriteItems")).hasSize(1);
    assertThat(between.requests("BatchGetItem")).isEmpty();
  }
}
