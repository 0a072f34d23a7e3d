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
  /** A batch of writes or messages may be all or nothing. */
  ATOMIC_BATCH,
  /** Idempotency keys are remembered at least 24 h, across restarts of the plugin. */
  IDEMPOTENCY,
  /** An acknowledged write survives the loss of the process and of power. */
  DURABLE,
  /** A message may name a time before which it is not delivered. */
  DELAYED_DELIVERY,
  /** A subscription or a seek may begin at a time. */
  SEEK_BY_TIME,
  /** Attempts are counted across restarts of the plugin, and between its processes. */
  ATTEMPT_COUNT,
  /** No message is delivered to a group while an earlier one of its key may come back to it. */
  STRICT_KEY_ORDER,
  /** Listeners may share the events of a pattern. */
  QUEUE_GROUPS,
  /** Rows may be read in an order of the caller's. */
  SORT,
  /** A message that is processed twice takes effect once. */
  INBOX,
  /** Rows that a transaction reads may be kept from others until it ends. */
  ROW_LOCKS,
  /** Messages are written to mailboxes with data, and read from there. */
  MAILBOX,
  /**
   * A transaction step by step may select rows by any filter, and all of their columns. Where it is
   * not declared a select names the columns, and the primary keys of at most 100 rows.
   */
  ANY_SELECT
}
