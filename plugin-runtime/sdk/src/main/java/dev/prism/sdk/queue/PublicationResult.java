package dev.prism.sdk.queue;

import com.google.rpc.Status;
import java.util.List;

/** What became of a {@link Publication}. */
public sealed interface PublicationResult {
  /** One result a message, in order. */
  record Applied(List<PublishResult> results) implements PublicationResult {}

  /** It had taken effect before; the response remembered from then. */
  @SuppressWarnings("ArrayRecordComponent")
  record Replayed(byte[] response) implements PublicationResult {}

  /** Nothing of it was written, and why. */
  record Failed(Status status) implements PublicationResult {}
}
