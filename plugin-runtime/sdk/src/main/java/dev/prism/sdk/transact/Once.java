package dev.prism.sdk.transact;

/**
 * What takes effect once (contract 8): in the same transaction scope and key are kept at least 24
 * h, within the namespace. Where they are known the fingerprint is the same, or the call fails
 * IDEMPOTENCY_KEY_REUSED.
 *
 * @param scope the method, and what it names
 * @param key the caller's, 1 to 128 bytes of UTF-8
 * @param fingerprint SHA-256 of the request without its key
 */
@SuppressWarnings("ArrayRecordComponent")
public record Once(String scope, String key, byte[] fingerprint) {}
