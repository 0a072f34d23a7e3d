package dev.prism.sdk.keyvalue;

import com.google.rpc.Status;
import org.jspecify.annotations.Nullable;

/** What became of one {@link Write}. */
public sealed interface WriteResult {
  /** A put, or a swap that took place. */
  record Written(String etag, long expiresAtMillis) implements WriteResult {}

  /** A delete; whether there was something to remove. */
  record Deleted(boolean existed) implements WriteResult {}

  /** A swap that did not take place; the item found, or null. */
  record NotSwapped(@Nullable Item current) implements WriteResult {}

  /** A changed expiry; false where the key was not there. */
  record Expired(boolean applied, long expiresAtMillis) implements WriteResult {}

  /**
   * Not done, and why: a precondition that did not hold, or a definite failure. Where the status is
   * {@code OUTCOME_UNKNOWN} this one write may have been done.
   */
  record Failed(Status status) implements WriteResult {}
}
