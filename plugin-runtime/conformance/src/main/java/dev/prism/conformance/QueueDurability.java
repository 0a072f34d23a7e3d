package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is there after the plugin's process has ended, and what is written once only. */
public interface QueueDurability extends QueueFixture {
  @Test
  default void whatWasPublishedAndNotAcknowledgedIsThereAfterARestart() {
    needs(Capability.DURABLE);
    String topic = newTopic();
    for (String payload : new String[] {"a", "b", "c"}) {
      publish(topic, "k", payload);
    }
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      ack(topic, subscriber.next());
      assertThat(text(subscriber.next())).isEqualTo("b"); // delivered, and left at that
    }

    restart();

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next(2)).extracting(QueueFixture::text).containsExactly("b", "c");
    }
  }

  @Test
  default void attemptsAreCountedOverARestart() {
    needs(Capability.DURABLE);
    needs(Capability.ATTEMPT_COUNT);
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next().getAttempt()).isEqualTo(1);
    }

    restart();

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery second = subscriber.next();
      assertThat(second.getAttempt()).isEqualTo(2);
      ack(topic, second);
    }
  }

  @Test
  default void aPublicationWithAnIdempotencyKeyTakesEffectOnceOverARestartToo() {
    needs(Capability.IDEMPOTENCY);
    String topic = newTopic();
    PublishRequest once = once(topic, "a");
    PublishResponse first = api().publish(once);
    assertThat(api().publish(once)).isEqualTo(first);

    restart();

    assertThat(api().publish(once)).isEqualTo(first);
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      ack(topic, subscriber.next());
      assertThat(subscriber.nextOrCaughtUp()).isNull();
    }
  }

  @Test
  default void anIdempotencyKeyOfAnotherMessageIsRefused() {
    needs(Capability.IDEMPOTENCY);
    String topic = newTopic();
    PublishRequest once = once(topic, "a");
    api().publish(once);
    PublishRequest other = once.toBuilder().setMessage(message("k", "b")).build();

    assertFails(Reason.IDEMPOTENCY_KEY_REUSED, () -> api().publish(other));
  }

  @Test
  default void anIdempotencyKeyIsRefusedWhereNothingRemembersIt() {
    lacks(Capability.IDEMPOTENCY);

    assertFails(Reason.IDEMPOTENCY_UNSUPPORTED, () -> api().publish(once(newTopic(), "a")));
  }

  @Test
  default void anAtomicBatchIsRefusedWhereTheBackendHasNone() {
    lacks(Capability.ATOMIC_BATCH);
    PublishBatchRequest batch =
        PublishBatchRequest.newBuilder()
            .setTopic(newTopic())
            .addMessages(message("k", "a"))
            .setAtomic(true)
            .build();

    assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> api().publishBatch(batch));
  }

  private static PublishRequest once(String topic, String payload) {
    return PublishRequest.newBuilder()
        .setTopic(topic)
        .setMessage(message("k", payload))
        .setIdempotencyKey(UUID.randomUUID().toString())
        .build();
  }
}
