package dev.prism.sdk.transact;

import java.util.List;

/** What became of a {@link WriteUnit}. */
public sealed interface WriteOutcome {
  /**
   * It is committed.
   *
   * @param rows how many each write changed: 0 or 1
   */
  record Committed(List<Integer> rows) implements WriteOutcome {}

  /** It had taken effect before; the response remembered from then. */
  @SuppressWarnings("ArrayRecordComponent")
  record Replayed(byte[] response) implements WriteOutcome {}

  /** The inbox knew the message: nothing was written. */
  record AlreadyProcessed() implements WriteOutcome {}
}
