package dev.prism.sdk.runtime;

import dev.prism.pubsub.v1.SlowPolicy;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What {@code pubsub.proto} says of names and sizes, checked before a backend is asked. */
final class PubSubRules {
  static final int MOST_PAYLOAD_BYTES = 1 << 20;

  private static final int MOST_NAME = 128;
  private static final int MOST_CORRELATION_BYTES = 128;
  private static final int DEFAULT_BUFFER = 1024;
  private static final int MOST_BUFFER = 65_536;
  private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+){0,15}");
  private static final Pattern PATTERN =
      Pattern.compile(
          "(([A-Za-z0-9_-]+|\\*)(\\.([A-Za-z0-9_-]+|\\*)){0,14}(\\.(>|\\*|[A-Za-z0-9_-]+))?|>)");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,128}");

  private final Set<Capability> capabilities;
  private final int maxPayloadBytes;

  PubSubRules(Set<Capability> capabilities, int maxPayloadBytes) {
    this.capabilities = capabilities;
    this.maxPayloadBytes = Math.min(maxPayloadBytes, MOST_PAYLOAD_BYTES);
  }

  static String topic(String name, String field) {
    if (name.length() > MOST_NAME || !TOPIC.matcher(name).matches()) {
      throw QueueRules.invalid(
          Reason.TOPIC_INVALID,
          field,
          "must be 1 to 16 tokens of A-Z a-z 0-9 _ - joined with '.', at most 128 bytes");
    }
    return name;
  }

  static TopicPattern pattern(String text) {
    if (text.length() > MOST_NAME || !PATTERN.matcher(text).matches()) {
      throw QueueRules.invalid(
          Reason.TOPIC_INVALID,
          "pattern",
          "must be a topic in which a token may be '*' and the last '>', at most 128 bytes");
    }
    return new TopicPattern(text);
  }

  String group(String group) {
    if (group.isEmpty()) {
      return group;
    }
    if (!capabilities.contains(Capability.QUEUE_GROUPS)) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "this backend has no " + Capability.QUEUE_GROUPS,
          Map.of("capability", Capability.QUEUE_GROUPS.name()));
    }
    if (!TOKEN.matcher(group).matches()) {
      throw QueueRules.invalid(
          Reason.FIELD_INVALID, "queue_group", "must be 1 to 128 characters of A-Z a-z 0-9 _ -");
    }
    return group;
  }

  static int buffer(int wanted) {
    if (wanted < 0 || wanted > MOST_BUFFER) {
      throw QueueRules.invalid(
          Reason.FIELD_INVALID, "buffer", "must be at most " + MOST_BUFFER + " events");
    }
    return wanted == 0 ? DEFAULT_BUFFER : wanted;
  }

  static SlowPolicy policy(SlowPolicy wanted) {
    return switch (wanted) {
      case SLOW_POLICY_UNSPECIFIED, SLOW_POLICY_DROP_OLDEST -> SlowPolicy.SLOW_POLICY_DROP_OLDEST;
      case SLOW_POLICY_DROP_NEWEST, SLOW_POLICY_DISCONNECT -> wanted;
      case UNRECOGNIZED ->
          throw QueueRules.invalid(Reason.FIELD_INVALID, "slow_policy", "is no policy");
    };
  }

  /**
   * An event to send.
   *
   * @param traceparent goes with it where it has none of its own; or null
   */
  Event event(boolean given, dev.prism.pubsub.v1.Event event, @Nullable String traceparent) {
    if (!given) {
      throw QueueRules.invalid(Reason.FIELD_INVALID, "event", "must be set");
    }
    if (event.getPayload().size() > maxPayloadBytes) {
      throw QueueRules.tooLarge("event.payload", maxPayloadBytes);
    }
    String correlationId = event.getCorrelationId();
    if (correlationId.getBytes(StandardCharsets.UTF_8).length > MOST_CORRELATION_BYTES) {
      throw QueueRules.invalid(
          Reason.FIELD_INVALID,
          "event.correlation_id",
          "must be at most " + MOST_CORRELATION_BYTES + " bytes of UTF-8");
    }
    String replyTo = event.getReplyTo();
    return new Event(
        event.getPayload().toByteArray(),
        QueueRules.headers(event.getHeadersList(), "event.headers", traceparent),
        correlationId,
        replyTo.isEmpty() ? replyTo : topic(replyTo, "event.reply_to"));
  }
}
