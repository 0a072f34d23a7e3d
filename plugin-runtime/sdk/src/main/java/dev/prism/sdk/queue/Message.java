package dev.prism.sdk.queue;

import java.util.List;

/**
 * A message as its writer gave it. It is kept so that the backend's own clients can read it:
 * nothing is wrapped around the payload (contract 9).
 *
 * @param key orders and partitions; empty: none. At most 1 KiB
 * @param headers at most 64, 32 KiB together; {@code traceparent} among them where there is one
 * @param payload the message itself
 * @param deliverAtMillis not delivered before this, in milliseconds since 1970; 0: at once
 */
@SuppressWarnings("ArrayRecordComponent")
public record Message(byte[] key, List<Header> headers, byte[] payload, long deliverAtMillis) {
  /** What a header holds besides its name and value, roughly. */
  private static final int HEADER_BYTES = 48;

  /** What the message holds in memory, roughly. */
  public long bytes() {
    long bytes = 64L + key.length + payload.length;
    for (Header header : headers) {
      bytes += HEADER_BYTES + header.name().length() + header.value().length;
    }
    return bytes;
  }
}
