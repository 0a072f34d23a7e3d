package dev.prism.sdk.queue;

/**
 * Which messages a consumer of a group gets, and how.
 *
 * @param topic what to read
 * @param group the group that shares the work; never empty
 * @param start where the group begins if it has no position yet
 * @param ackTimeoutMillis how long a delivery may stay unacknowledged before it comes back; 1 s to
 *     12 h
 */
public record Subscription(String topic, String group, Start start, long ackTimeoutMillis) {}
