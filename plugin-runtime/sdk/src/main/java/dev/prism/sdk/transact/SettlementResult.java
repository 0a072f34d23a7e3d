package dev.prism.sdk.transact;

import com.google.rpc.Status;
import dev.prism.sdk.queue.AckResult;
import java.util.List;

/** How a {@link Settlement} fared. */
public sealed interface SettlementResult {
  /** One an ack, in order. */
  record Settled(List<AckResult> results) implements SettlementResult {}

  /** It had taken effect before; the response remembered from then. */
  @SuppressWarnings("ArrayRecordComponent")
  record Replayed(byte[] response) implements SettlementResult {}

  /** Nothing of it was done, and why. */
  record Failed(Status status) implements SettlementResult {}
}
