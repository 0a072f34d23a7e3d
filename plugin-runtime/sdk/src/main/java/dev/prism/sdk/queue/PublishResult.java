package dev.prism.sdk.queue;

import com.google.rpc.Status;

/** What became of one message. */
public sealed interface PublishResult {
  /**
   * The backend holds it, as durably as it declares.
   *
   * @param messageId names it for as long as it lives; unique in its topic, at most 128 bytes
   * @param partition 0 where the topic has one only
   * @param offset its position in the partition; grows, with gaps
   */
  record Published(String messageId, int partition, long offset) implements PublishResult {}

  /** Not written, and why. */
  record Failed(Status status) implements PublishResult {}
}
