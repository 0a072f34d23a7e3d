package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.Counts;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import java.time.Duration;

/**
 * Messages go through a queue while it is disturbed, and {@link QueueChecker} says what became of
 * them.
 */
final class QueueTrial {
  private static final int PUBLISHERS = 64;
  private static final int MESSAGES = Counts.of(100_000, 40_000);
  private static final int DISTURBANCES = 4;

  private final QueueServiceBlockingStub client;
  private final boolean redeliveriesInOrder;

  /** Something that goes wrong, and is over when it returns. */
  @FunctionalInterface
  interface Disturbance {
    void run() throws Exception;
  }

  private QueueTrial(QueueServiceBlockingStub client, boolean redeliveriesInOrder) {
    this.client = client;
    this.redeliveriesInOrder = redeliveriesInOrder;
  }

  /** On queues of a backend, in a session of the trial's own. */
  static QueueTrial of(Prism prism, BackendType type) {
    return new QueueTrial(queue(prism, type), true);
  }

  /**
   * As {@link #of}, on a backend with several processes that consume: what one of them had in hand
   * when it died may come after later messages of its key, which another went on to deliver.
   */
  static QueueTrial ofSeveralProcesses(Prism prism, BackendType type) {
    return new QueueTrial(queue(prism, type), false);
  }

  /** Queues of a backend, in a session of their own. */
  static QueueServiceBlockingStub queue(Prism prism, BackendType type) {
    String token = prism.openQueueSession(type).getSessionToken();
    return QueueServiceGrpc.newBlockingStub(prism.channel()).withInterceptors(Prism.session(token));
  }

  /**
   * Publishes messages, a fifth of them for each disturbance, which begins in the middle of its
   * fifth, and asserts that nothing acknowledged was lost and the order of each key held.
   */
  void disturbedBy(Disturbance disturbance) throws Exception {
    try (QueueChecker checker =
        QueueChecker.start(client, PUBLISHERS, MESSAGES, redeliveriesInOrder)) {
      int part = MESSAGES / (DISTURBANCES + 1);
      for (int i = 1; i <= DISTURBANCES; i++) {
        int enough = checker.acknowledgedSoFar() + part / 2;
        checker.allow((i + 1) * part);
        Await.until(
            "more is acknowledged",
            Duration.ofMinutes(2),
            () -> checker.acknowledgedSoFar() >= enough);
        disturbance.run();
      }
      checker.allow(MESSAGES);
      checker.awaitPublishers(Duration.ofMinutes(1));

      assertThat(checker.acknowledgedSoFar()).isGreaterThan(MESSAGES / 2);
      checker.assertNothingLostOrDisordered();
    }
  }
}
