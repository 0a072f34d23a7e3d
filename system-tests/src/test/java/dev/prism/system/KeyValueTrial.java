package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.Counts;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.type.v1.AccessPattern;
import java.time.Duration;

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

  /**
   * Disturbs it once while puts go on, lets as many be put again after it, and asserts that every
   * acknowledged one is there.
   */
  void disturbedBy(Runnable disturbance) throws Exception {
    // Given
    try (Puts puts = Puts.startUntilTold(client, CALLERS, 5_000)) {
      Await.until("half is put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > total / 2);

      // When
      disturbance.run();

      // Then
      int before = puts.acknowledgedSoFar();
      Await.until(
          "values are written again",
          Duration.ofSeconds(20),
          () -> puts.acknowledgedSoFar() > before);
      Await.until(
          "as many are put again",
          Duration.ofMinutes(1),
          () -> puts.acknowledgedSoFar() - before > total / 2);
      puts.finish();
      System.out.printf(
          "%d puts acknowledged, %d refused%n", puts.acknowledgedSoFar(), puts.refusals().size());
      puts.assertAllThere(client);
    }
  }
}
