package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.Counts;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.type.v1.AccessPattern;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Many callers that put values while something goes and comes back. */
final class KeyValueTrial {
  private static final int CALLERS = 16;
  private static final int PUTS = Counts.of(30_000, 15_000);

  private final KeyValueServiceBlockingStub client;

  private final int total;

  private KeyValueTrial(KeyValueServiceBlockingStub client, int total) {
    this.client = client;
    this.total = total;
  }

  /** In a new session on a backend. */
  static KeyValueTrial of(Prism prism, BackendType backend) {
    return of(prism, backend, PUTS);
  }

  /** As {@link #of(Prism, BackendType)}, with so many puts: where the backend is a slow one. */
  static KeyValueTrial of(Prism prism, BackendType backend, int puts) {
    String token =
        prism.openSession(AccessPattern.ACCESS_PATTERN_KEYVALUE, backend).getSessionToken();
    return new KeyValueTrial(prism.keyValueIn(token), puts);
  }

  /** Disturbs it once, and asserts that every acknowledged put is there afterwards. */
  void disturbedBy(Runnable disturbance) throws Exception {
    // Given
    try (Puts puts = Puts.start(client, CALLERS, total, 5_000)) {
      Await.until(
          "a third is put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > total / 3);

      // When
      disturbance.run();
      int before = puts.endedSoFar();
      puts.join();

      // Then
      Await.until("values are written again", Duration.ofSeconds(20), this::puts);
      System.out.printf(
          "%d puts acknowledged, %d refused%n", puts.acknowledgedSoFar(), puts.refusals().size());
      assertThat(before).as("puts that ended before it was over").isLessThan(total);
      puts.assertAllThere(client);
    }
  }

  private boolean puts() {
    try {
      client
          .withDeadlineAfter(1, TimeUnit.SECONDS)
          .put(PutRequest.newBuilder().setCollection("after").setKey("k").build());
      return true;
    } catch (StatusRuntimeException refused) {
      return false;
    }
  }
}
