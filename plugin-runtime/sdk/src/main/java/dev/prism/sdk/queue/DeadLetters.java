package dev.prism.sdk.queue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes dead letters: the message as it was, and headers that say where it comes from and why. */
public final class DeadLetters {
  private DeadLetters() {}

  /**
   * The message for the dead-letter topic: key, headers and payload of {@code stored}, and {@code
   * prism-reason}, {@code prism-topic}, {@code prism-group}, {@code prism-attempts}, {@code
   * prism-message-id}. Headers of an earlier death are replaced.
   */
  public static Message of(Stored stored, Receipt receipt, int attempts, String reason) {
    Message message = stored.message();
    List<Header> headers = new ArrayList<>(message.headers().size() + 5);
    for (Header header : message.headers()) {
      if (!header.name().startsWith("prism-")) {
        headers.add(header);
      }
    }
    headers.add(header("prism-reason", reason));
    headers.add(header("prism-topic", receipt.topic()));
    headers.add(header("prism-group", receipt.group()));
    headers.add(header("prism-attempts", Integer.toString(attempts)));
    headers.add(header("prism-message-id", stored.messageId()));
    return new Message(message.key(), headers, message.payload(), 0);
  }

  private static Header header(String name, String value) {
    return new Header(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
