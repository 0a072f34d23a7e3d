package dev.prism.sdk.queue;

/**
 * A message on its way to a consumer.
 *
 * @param receipt for {@link MessageQueue#acknowledge}; of this delivery alone
 * @param stored the message
 * @param attempt 1 the first time it is delivered to the group
 * @param ackDeadlineMillis when it comes back unless it was acknowledged, in milliseconds since
 *     1970
 */
public record Delivery(Receipt receipt, Stored stored, int attempt, long ackDeadlineMillis) {}
