package dev.prism.sdk.keyvalue;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one caller's request.
 *
 * @param writes at least one; each key once
 * @param atomic all or none: the first failed write undoes the others
 * @param idempotency how the unit is remembered, or null
 */
public record Unit(List<Write> writes, boolean atomic, @Nullable Idempotency idempotency) {
  /**
   * A unit that takes effect once (contract 8). In the same transaction as its effects the store
   * keeps {@code encode}'s bytes under scope and key, at least 24 h; a unit with a scope and key it
   * knows answers {@link UnitResult.Replayed} with them, or fails {@code IDEMPOTENCY_KEY_REUSED}
   * where the fingerprint differs. Only a unit none of whose writes {@link WriteResult.Failed} is
   * remembered, but for a batch that is not atomic, which always is.
   *
   * @param scope method and resource; the namespace comes on top
   * @param key the caller's, 1 to 128 bytes
   * @param fingerprint SHA-256 of the request without its idempotency key
   * @param encode the response's bytes
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Idempotency(
      String scope, String key, byte[] fingerprint, Function<List<WriteResult>, byte[]> encode) {}
}
