package dev.prism.sdk.runtime;

import java.util.UUID;

/**
 * Ids of messages that have none of their writer's: UUIDs of version 7 (RFC 9562, 5.7), which begin
 * with the time, so that those of a while stand together in an index.
 */
final class MessageIds {
  private static final long VERSION = 7L << 12;
  private static final long RANDOM = 0xfff;

  private MessageIds() {}

  static String next(long millis) {
    UUID random = UUID.randomUUID();
    return new UUID(
            millis << 16 | VERSION | (random.getMostSignificantBits() & RANDOM),
            random.getLeastSignificantBits())
        .toString();
  }
}
