package dev.prism.conformance;

import static dev.prism.conformance.PubSubFixture.event;
import static dev.prism.conformance.PubSubFixture.to;

import com.google.protobuf.ByteString;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.status.Reason;
import dev.prism.type.v1.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused. */
public interface PubSubLimits extends PubSubFixture {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a.*",
        "*",
        ">",
        "a.>",
        "ä",
        "a/b",
        "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17"
      })
  default void whatIsNoTopicIsRefused(String topic) {
    KeyValueFixture.assertFails(Reason.TOPIC_INVALID, () -> publish(topic, "x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        ">.a",
        "a.>.b",
        "a.b*",
        "a.*b",
        "a>",
        "**",
        "ä",
        "$SYS",
        "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.*"
      })
  default void whatIsNoPatternIsRefused(String pattern) {
    KeyValueFixture.assertFails(Reason.TOPIC_INVALID, () -> subscribe(pattern));
  }

  @Test
  default void anEventIsNeeded() {
    KeyValueFixture.assertFails(
        Reason.FIELD_INVALID,
        () -> api().publish(PublishRequest.newBuilder().setTopic(newTopic()).build()));
  }

  @Test
  default void aPayloadOverAMebibyteIsRefused() {
    Event large =
        Event.newBuilder().setPayload(ByteString.copyFrom(new byte[(1 << 20) + 1])).build();
    KeyValueFixture.assertFails(Reason.VALUE_TOO_LARGE, () -> publish(newTopic(), large));
  }

  @Test
  default void headersOfPrismAreRefused() {
    Event event =
        event("x").toBuilder().addHeaders(Header.newBuilder().setName("prism-reason")).build();
    KeyValueFixture.assertFails(Reason.METADATA_INVALID, () -> publish(newTopic(), event));
  }

  @Test
  default void aReplyGoesToNoPattern() {
    Event event = event("x").toBuilder().setReplyTo("a.*").build();
    KeyValueFixture.assertFails(Reason.TOPIC_INVALID, () -> publish(newTopic(), event));
  }

  @Test
  default void aLongCorrelationIdIsRefused() {
    Event event = event("x").toBuilder().setCorrelationId("c".repeat(129)).build();
    KeyValueFixture.assertFails(Reason.FIELD_INVALID, () -> publish(newTopic(), event));
  }

  @Test
  default void aBufferHasABound() {
    KeyValueFixture.assertFails(
        Reason.FIELD_INVALID, () -> subscribe(to(newTopic()).setBuffer(65_537)));
  }

  @Test
  default void idempotencyKeysAreRefused() {
    KeyValueFixture.assertFails(
        Reason.IDEMPOTENCY_UNSUPPORTED,
        () ->
            api()
                .publish(
                    PublishRequest.newBuilder()
                        .setTopic(newTopic())
                        .setEvent(event("x"))
                        .setIdempotencyKey("once")
                        .build()));
  }
}
