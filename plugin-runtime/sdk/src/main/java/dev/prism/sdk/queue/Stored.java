package dev.prism.sdk.queue;

/**
 * A message that the backend holds.
 *
 * @param partition 0 where the topic has one only
 * @param offset its position in the partition
 * @param messageId {@link PublishResult.Published#messageId}
 * @param publishedAtMillis when the backend took it, in milliseconds since 1970
 */
public record Stored(
    int partition, long offset, String messageId, Message message, long publishedAtMillis) {}
