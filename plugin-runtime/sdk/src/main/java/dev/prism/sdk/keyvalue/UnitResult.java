package dev.prism.sdk.keyvalue;

import com.google.rpc.Status;
import java.util.List;

/** What became of a {@link Unit}. */
public sealed interface UnitResult {
  /** One result a write, in order. */
  record Applied(List<WriteResult> results) implements UnitResult {}

  /** The unit had taken effect before; the response remembered from then. */
  @SuppressWarnings("ArrayRecordComponent")
  record Replayed(byte[] response) implements UnitResult {}

  /**
   * Nothing of it was done: the idempotency key was reused, or an atomic unit's write failed. Where
   * the status is {@code OUTCOME_UNKNOWN} all of this one unit may have been done.
   */
  record Failed(Status status) implements UnitResult {}
}
