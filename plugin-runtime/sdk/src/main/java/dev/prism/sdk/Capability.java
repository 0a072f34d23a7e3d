package dev.prism.sdk;

/**
 * What a backend can do beyond the least that its interface asks. A declared capability works and
 * an undeclared one is refused with {@code CAPABILITY_UNSUPPORTED}: the conformance suite checks
 * both.
 */
public enum Capability {
  /** Items may have a time to live. */
  TTL,
  /** Writes may be conditional on an etag, on presence or on absence. */
  PRECONDITIONS,
  /** CompareAndSwap. */
  COMPARE_AND_SWAP,
  /** A scan may go over all partitions of a collection. */
  GLOBAL_SCAN,
  /** A batch may be all or nothing. */
  ATOMIC_BATCH,
  /** Idempotency keys are remembered at least 24 h, across restarts of the plugin. */
  IDEMPOTENCY,
  /** An acknowledged write survives the loss of the process and of power. */
  DURABLE
}
