package dev.prism.link;

import org.jspecify.annotations.Nullable;

/**
 * The proxy's end of one stream. One thread may send while another receives. The peer sends no more
 * messages than have been granted; taking a message grants the next, so a slow taker stops its own
 * stream and nothing else.
 */
public interface Exchange extends AutoCloseable {
  /**
   * The next message, or null after the last. Blocks until there is one, the stream ends or the
   * deadline passes.
   *
   * @throws LinkException as {@link Link#call}
   */
  byte @Nullable [] receive() throws LinkException;

  /** Sends a further message; blocks while the peer has granted none. */
  void send(byte[] message) throws LinkException;

  /** Says that no further message will be sent. */
  void halfClose() throws LinkException;

  /**
   * Cancels the stream where it has not ended, and lets go of what it holds. Never blocks, never
   * throws.
   */
  @Override
  void close();
}
