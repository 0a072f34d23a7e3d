package dev.prism.sdk.queue;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one caller's request.
 *
 * @param topic where to write
 * @param messages at least one
 * @param atomic all or none: the first failure undoes the others; only where {@code ATOMIC_BATCH}
 *     is declared
 * @param idempotency how the publication is remembered, or null; only where {@code IDEMPOTENCY} is
 *     declared
 */
public record Publication(
    String topic, List<Message> messages, boolean atomic, @Nullable Idempotency idempotency) {
  /**
   * A publication that takes effect once (contract 8). In the same transaction as its messages the
   * queue keeps {@code encode}'s bytes under scope and key, at least 24 h; one with a scope and key
   * that it knows answers {@link PublicationResult.Replayed} with them, or fails {@code
   * IDEMPOTENCY_KEY_REUSED} where the fingerprint differs. Only one none of whose messages failed
   * is remembered.
   *
   * @param scope method and topic; the namespace comes on top
   * @param key the caller's, 1 to 128 bytes
   * @param fingerprint SHA-256 of the request without its idempotency key
   * @param encode the response's bytes
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Idempotency(
      String scope, String key, byte[] fingerprint, Function<List<PublishResult>, byte[]> encode) {}
}
