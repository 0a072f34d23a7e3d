package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.NatsServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When answers are known, beside deliveries that came before them. */
@Tag("conformance")
class RepliesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String QUESTIONS = "questions";

  private final NatsServer server = NatsServer.start();
  private final NatsLink link =
      new NatsLink(NatsSettings.of(PluginConfig.of(Map.of("NATS_URL", server.url()))));
  private final Session session = link.await(PATIENCE.toNanos());
  private final CountDownLatch delivered = new CountDownLatch(1);
  private final CountDownLatch handled = new CountDownLatch(1);

  @AfterEach
  void stop() {
    handled.countDown();
    link.close();
    server.close();
  }

  /** A delivery came whose handler has not returned, and somebody answers all questions. */
  private void givenADeliveryThatIsStillHandled() throws InterruptedException {
    session.subscribeEvents(
        QUESTIONS,
        "",
        question -> session.send(question.getReplyTo(), null, null, question.getData()));
    session.subscribe(
        "deliveries",
        delivery -> {
          delivered.countDown();
          handled.await();
        });
    session.send("deliveries", null, null, new byte[1]);
    assertThat(delivered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static void ask(Replies.Batch batch, int count) {
    for (int i = 0; i < count; i++) {
      batch.send(i, QUESTIONS, null, new byte[] {(byte) i});
    }
  }

  @Test
  void answersWaitForNoDeliveryBeforeThem() throws Exception {
    givenADeliveryThatIsStillHandled();

    for (int round = 0; round < 3; round++) {
      try (Replies.Batch batch = session.replies().batch(100)) {
        ask(batch, 100);
        batch.await(PATIENCE);

        for (int i = 0; i < 100; i++) {
          assertThat(batch.answer(i)).isNotNull();
          assertThat(batch.answer(i).getData()).containsExactly(i);
        }
      }
    }
  }

  @Test
  void answersInOrderAreKnownAfterTheDeliveriesBeforeThem() throws Exception {
    givenADeliveryThatIsStillHandled();

    try (Replies.Batch batch = session.repliesInOrder().batch(1);
        Replies.Batch later = session.replies().batch(1)) {
      ask(batch, 1);
      ask(later, 1);
      later.await(PATIENCE);
      boolean before = batch.answer(0) != null;
      handled.countDown();
      batch.await(PATIENCE);

      assertThat(before).isFalse();
      assertThat(batch.answer(0)).isNotNull();
    }
  }

  @Test
  void anAnswerIsThereBeforeALaterOneThatDoesNotCome() throws Exception {
    givenADeliveryThatIsStillHandled();
    session.subscribe("mute", question -> {});
    try (Replies.Batch batch = session.replies().batch(2)) {
      batch.send(0, QUESTIONS, null, new byte[1]);
      batch.send(1, "mute", null, new byte[1]);
      long begun = System.nanoTime();

      batch.await(0, begun + PATIENCE.toNanos());

      assertThat(batch.answer(0)).isNotNull();
      assertThat(batch.isMissing(0)).isFalse();
      assertThat(batch.isMissing(1)).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PATIENCE);
    }
  }

  @Test
  void aLostConnectionEndsTheWait() throws Exception {
    session.subscribe("mute", question -> {});
    try (Replies.Batch batch = session.replies().batch(1)) {
      batch.send(0, "mute", null, new byte[1]);
      Thread closing = Thread.ofVirtual().start(server::close);
      long begun = System.nanoTime();
      batch.await(PATIENCE);
      closing.join();

      assertThat(batch.answer(0)).isNull();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PATIENCE);
    }
  }

  @Test
  void aLossIsSaidOnceHoweverManyAttemptsToComeBackFail() {
    session.interrupted();

    boolean again = session.interrupted();

    assertThat(again).isFalse();
  }
}
