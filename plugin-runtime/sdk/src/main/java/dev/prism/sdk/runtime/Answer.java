package dev.prism.sdk.runtime;

import com.google.rpc.Status;

/** What a call is answered with once the backend has returned. */
sealed interface Answer {
  /** The response's bytes. */
  @SuppressWarnings("ArrayRecordComponent")
  record Reply(byte[] response) implements Answer {}

  /** An error that is the data's own: a precondition that did not hold, a definite failure. */
  record Refusal(Status status) implements Answer {}
}
