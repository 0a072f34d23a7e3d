package dev.prism.plugin.dynamodb;

import static dev.prism.plugin.dynamodb.Fixtures.put;
import static dev.prism.plugin.dynamodb.Fixtures.read;
import static dev.prism.plugin.dynamodb.Fixtures.value;
import static dev.prism.plugin.dynamodb.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.sdk.PluginConfig;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.DynamoDbServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** How the table comes to be. */
@Tag("conformance")
class ItemTableTest {
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final String REQUIRING =
      "{\"namespaces\":[{\"namespace\":\"n\",\"require\":true}]}";

  private static DynamoDbServer server;
  private final String table =
      "prism-test-%d-%d".formatted(ProcessHandle.current().pid(), NEXT.incrementAndGet());

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = DynamoDbServer.forTests(directory);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private DynamoStore store(String... others) {
    String[] all = new String[others.length + 2];
    System.arraycopy(others, 0, all, 2, others.length);
    all[0] = "DYNAMODB_TABLE";
    all[1] = table;
    return Fixtures.store(server.settings(), all);
  }

  private static Dynamo dynamo() {
    return new Dynamo(DynamoSettings.of(PluginConfig.of(server.settings())));
  }

  @Test
  void theFirstCallMakesItBilledByTheRequestAndWithATimeToLive() {
    try (DynamoStore store = store();
        Dynamo dynamo = dynamo()) {
      assertThat(read(store, "k")).isNull();

      var made = dynamo.once(client -> client.describeTable(ask -> ask.tableName(table))).table();
      assertThat(made.billingModeSummary().billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
      var ttl =
          dynamo
              .once(client -> client.describeTimeToLive(ask -> ask.tableName(table)))
              .timeToLiveDescription();
      assertThat(ttl.timeToLiveStatus()).isIn(TimeToLiveStatus.ENABLED, TimeToLiveStatus.ENABLING);
      assertThat(ttl.attributeName()).isEqualTo("ends");
    }
  }

  @Test
  void processesThatComeTogetherMakeItOnce() throws Exception {
    try (DynamoStore one = store();
        DynamoStore other = store()) {
      Thread beside = Thread.ofPlatform().start(() -> write(other, put("other", "v")));
      write(one, put("one", "v"));
      beside.join();

      assertThat(value(one, "other")).isEqualTo("v");
      assertThat(value(other, "one")).isEqualTo("v");
    }
  }

  @Test
  void whereTheNamespaceRequiresItItIsNotMade() {
    try (DynamoStore store = store("PRISM_TOPICS", REQUIRING)) {
      assertFails(Reason.NOT_PROVISIONED, () -> write(store, put("k", "v")));

      assertFails(Reason.NOT_PROVISIONED, () -> read(store, "k"));
      store.ping(); // DynamoDB answers all the same
    }
  }

  @Test
  void oneThatIsRemovedIsMadeAgain() {
    try (DynamoStore store = store();
        Dynamo dynamo = dynamo()) {
      write(store, put("k", "v"));
      dynamo.once(client -> client.deleteTable(table -> table.tableName(this.table)));

      store.ping(); // as once a second

      assertThat(read(store, "k")).isNull();
    }
  }

  @Test
  void oneWithAnotherKeyIsLeftAlone() {
    try (DynamoStore store = store();
        Dynamo dynamo = dynamo()) {
      dynamo.once(
          client ->
              client.createTable(
                  make ->
                      make.tableName(table)
                          .billingMode(BillingMode.PAY_PER_REQUEST)
                          .attributeDefinitions(ItemTable.binary("id"))
                          .keySchema(ItemTable.part("id", KeyType.HASH))));

      assertFails(Reason.INTERNAL, () -> write(store, put("k", "v")));
    }
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    try (DynamoStore store =
        Fixtures.store(
            Map.of("AWS_REGION", "eu-central-1"),
            "DYNAMODB_ENDPOINT",
            "http://127.0.0.1:1",
            "AWS_ACCESS_KEY_ID",
            "a",
            "AWS_SECRET_ACCESS_KEY",
            "b")) {
      assertFails(Reason.BACKEND_UNAVAILABLE, () -> write(store, put("k", "v")));
      assertFails(Reason.BACKEND_UNAVAILABLE, store::ping);
    }
  }

  @Test
  void withoutCredentialsItIsUnavailableToo() {
    assumeTrue(System.getenv("AWS_ACCESS_KEY_ID") == null);
    Map<String, String> nothing =
        Map.of(
            "aws.disableEc2Metadata",
            "true",
            "aws.sharedCredentialsFile",
            "/no/such",
            "aws.configFile",
            "/no/such");
    nothing.forEach(System::setProperty);
    try (DynamoStore store =
        Fixtures.store(
            Map.of("AWS_REGION", "eu-central-1"), "DYNAMODB_ENDPOINT", "http://127.0.0.1:1")) {
      assertFails(Reason.BACKEND_UNAVAILABLE, () -> write(store, put("k", "v")));
      assertThatThrownBy(store::ping).hasMessageContaining("refuses the plugin");
    } finally {
      nothing.keySet().forEach(System::clearProperty);
    }
  }

  private static void assertFails(Reason reason, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
