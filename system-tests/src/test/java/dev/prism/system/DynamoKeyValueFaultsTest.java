package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.AccessPattern;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values on DynamoDB's stand-in, which syncs each write, while the plugin or it goes and comes. */
@Tag("system")
class DynamoKeyValueFaultsTest {
  private static final int CALLERS = 16;
  private static final int PUTS = 4_000;

  @Test
  void noAcknowledgedPutIsLostWhileThePluginIsKilled() throws Exception {
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        Prism prism = Prism.upWith("dynamodb", server.settings())) {
      putWhile(prism, () -> Signals.killAndAwaitTheNext(prism, "dynamodb"));
    }
  }

  @Test
  void noAcknowledgedPutIsLostWhileTheServerIsKilledAndStarted() throws Exception {
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        Prism prism = Prism.upWith("dynamodb", server.settings())) {
      putWhile(
          prism,
          () -> {
            server.process().kill();
            server.startAgain();
          });
    }
  }

  private static boolean puts(KeyValueServiceBlockingStub client) {
    try {
      client
          .withDeadlineAfter(1, TimeUnit.SECONDS)
          .put(PutRequest.newBuilder().setCollection("after").setKey("k").build());
      return true;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }

  private static void putWhile(Prism prism, Runnable disturbance) throws Exception {
    // Given
    KeyValueServiceBlockingStub client =
        prism.keyValueIn(
            prism
                .openSession(
                    AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_DYNAMODB)
                .getSessionToken());
    try (Puts puts = Puts.start(client, CALLERS, PUTS, 5_000)) {
      Await.until(
          "a third is put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > PUTS / 3);

      // When
      disturbance.run();
      puts.join();

      // Then
      Await.until("values are written again", Duration.ofSeconds(20), () -> puts(client));
      System.out.printf(
          "%d puts acknowledged, %d refused%n", puts.acknowledgedSoFar(), puts.refusals().size());
      assertThat(puts.refusals()).isNotEmpty();
      puts.assertAllThere(client);
    }
  }
}
