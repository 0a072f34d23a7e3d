package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class PluginKilledTest {
  private static final int CALLERS = 16;
  private static final int PUTS = 10_000;

  @Test
  void noAcknowledgedPutIsLostAndServiceIsBackWithinTwoSeconds() throws Exception {
    // Given a proxy under load
    Path data = Prism.newDirectory("plugin-killed");
    try (Prism prism = Prism.up(data)) {
      KeyValueServiceBlockingStub client = prism.keyValue("default");
      // On a connection of its own: stock Helidon may end one on which a client's deadline passed.
      KeyValueServiceBlockingStub probe = prism.keyValueOnOwnConnection("default");
      try (Puts puts = Puts.start(client, CALLERS, PUTS, 5_000)) {
        Await.until(
            "a third is put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > PUTS / 3);
        long pid = prism.plugin("sqlite").getPid();

        // When the sqlite plugin is killed
        Signals.send("KILL", pid);
        Duration outage =
            Await.until(
                "a read is answered by a new process",
                Duration.ofSeconds(20),
                () -> reads(probe) && prism.plugin("sqlite").getPid() != pid);
        puts.join();

        // Then
        System.out.printf(
            "plugin killed: service back after %d ms, %d acknowledged, %d refused%n",
            outage.toMillis(), puts.acknowledgedSoFar(), puts.refusals().size());
        assertThat(outage).isLessThan(Duration.ofSeconds(2));
        assertThat(puts.refusals())
            .allSatisfy(status -> assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE));
        assertThat(puts.acknowledgedSoFar()).isGreaterThan(PUTS / 2);
        puts.assertAllThere(client);
        assertThat(prism.plugin("sqlite").getRestarts()).isEqualTo(1);
      }
    }
  }

  private static boolean reads(KeyValueServiceBlockingStub client) {
    try {
      client
          .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
          .get(GetRequest.newBuilder().setCollection("puts").setKey("key-0").build());
      return true;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }
}
