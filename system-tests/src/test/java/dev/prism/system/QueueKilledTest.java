package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queues whose plugin is killed again and again. */
@Tag("system")
class QueueKilledTest {
  private static final int PUBLISHERS = 64;
  private static final int MESSAGES = 100_000;
  private static final int LEAST_KILLS = 3;

  @Test
  void nothingAcknowledgedIsLostAndTheOrderOfAKeyHolds() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("queue-killed"));
        QueueChecker checker = QueueChecker.start(queue(prism), PUBLISHERS, MESSAGES)) {
      // When its process is killed each time that a fifth more is acknowledged
      int kills = 0;
      while (checker.isPublishing()) {
        int enough = (kills + 1) * MESSAGES / 5;
        Await.until(
            "more is acknowledged",
            Duration.ofMinutes(2),
            () -> checker.acknowledgedSoFar() >= enough || !checker.isPublishing());
        if (checker.isPublishing()) {
          Signals.killAndAwaitTheNext(prism, "sqlite");
          kills++;
        }
      }
      checker.awaitPublishers(Duration.ofMinutes(1));

      // Then
      assertThat(kills).isGreaterThanOrEqualTo(LEAST_KILLS);
      assertThat(checker.acknowledgedSoFar()).isGreaterThan(MESSAGES / 2);
      checker.assertNothingLostOrDisordered();
    }
  }

  /** Queues on SQLite, in a session of their own. */
  static QueueServiceBlockingStub queue(Prism prism) {
    String token = prism.openQueueSession(BackendType.BACKEND_TYPE_SQLITE).getSessionToken();
    return QueueServiceGrpc.newBlockingStub(prism.channel()).withInterceptors(Prism.session(token));
  }
}
