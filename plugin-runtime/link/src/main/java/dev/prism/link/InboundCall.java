package dev.prism.link;

import com.google.rpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * The plugin's end of one call or stream. Exactly one of {@link #reply}, {@link #fail} and {@link
 * #end} finishes it; what comes after, or after the caller has gone, is dropped.
 */
public interface InboundCall {
  /**
   * What came with the call; its deadline and receive time are on this process's {@link
   * System#nanoTime()} clock.
   */
  CallHeader header();

  /** The request's bytes (of a stream: its first message). The caller's own copy. */
  byte[] request();

  /**
   * Finishes with the one answer. A reply of at most 1 KiB never waits; a larger one may wait for
   * room on the ring.
   */
  void reply(byte[] response);

  /** Finishes with a status. Never waits. */
  void fail(Status status);

  /**
   * Sends one message of a stream; blocks until the caller has granted it and there is room, or the
   * call is over. One thread at a time.
   *
   * @return false when the caller has gone, or the call was finished on another thread, and nothing
   *     more need be sent
   */
  boolean send(byte[] message);

  /** Finishes a stream after its last message. */
  void end();

  /**
   * The caller's next message; null after its last, when it has gone, or when the call was finished
   * on another thread. Blocks.
   */
  byte @Nullable [] receive();

  /** Whether the caller has cancelled, its deadline has passed, or the link is gone. */
  boolean isOver();

  /**
   * Runs {@code action} once when the caller goes before the call is finished; at once if it has.
   * Must not block.
   */
  void onOver(Runnable action);

  /**
   * Runs {@code answers}, which finishes this call and others of its link: the caller's side is
   * woken once for all of them. What waits for room meanwhile wakes it at once.
   */
  void together(Runnable answers);
}
