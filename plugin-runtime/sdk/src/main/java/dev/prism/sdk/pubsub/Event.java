package dev.prism.sdk.pubsub;

import dev.prism.sdk.queue.Header;
import java.util.List;

/**
 * An event as its publisher gave it; nothing is wrapped around the payload.
 *
 * @param payload the event itself, at most 1 MiB
 * @param headers at most 64, 32 KiB together; {@code traceparent} among them where there is one
 * @param correlationId joins a reply to what it answers, at most 128 bytes; empty: none
 * @param replyTo the topic where a reply is awaited; empty: none
 */
@SuppressWarnings("ArrayRecordComponent")
public record Event(byte[] payload, List<Header> headers, String correlationId, String replyTo) {
  /** What a header holds besides its name and value, roughly. */
  private static final int HEADER_BYTES = 48;

  /** What the event holds in memory, roughly. */
  public long bytes() {
    long bytes = 128L + payload.length + correlationId.length() + replyTo.length();
    for (Header header : headers) {
      bytes += HEADER_BYTES + header.name().length() + header.value().length;
    }
    return bytes;
  }
}
