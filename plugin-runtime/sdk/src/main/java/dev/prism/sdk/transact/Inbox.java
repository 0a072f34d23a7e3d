package dev.prism.sdk.transact;

/**
 * The message that a transaction processes: its id is kept in the same transaction, at least 7
 * days.
 *
 * @param name who processes it: each has ids of its own
 */
public record Inbox(String name, String messageId) {}
