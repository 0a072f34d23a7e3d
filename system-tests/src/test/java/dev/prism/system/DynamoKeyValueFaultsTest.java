package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.DynamoDbServer;
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
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_DYNAMODB, PUTS)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "dynamodb"));
    }
  }

  @Test
  void noAcknowledgedPutIsLostWhileTheServerIsKilledAndStarted() throws Exception {
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        Prism prism = Prism.upWith("dynamodb", server.settings())) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_DYNAMODB, PUTS)
          .disturbedBy(
              () -> {
                server.process().kill();
                server.startAgain();
              });
    }
  }
}
