package dev.prism.sdk.transact;

import dev.prism.sdk.queue.Message;

/**
 * A message to put in a mailbox, which needs no creation.
 *
 * @param messageId unique in the mailbox for as long as the message lives; never empty
 */
public record Outgoing(String mailbox, String messageId, Message message) {}
