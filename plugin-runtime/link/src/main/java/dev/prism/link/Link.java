package dev.prism.link;

/**
 * The proxy's end of a link to one incarnation of a plugin. Safe for any number of threads, virtual
 * ones included; a blocked call holds no lock and pins no carrier.
 */
public interface Link extends AutoCloseable {
  /** What the plugin said of itself when the link was made. */
  Hello peer();

  /**
   * Sends a request and waits for its one answer.
   *
   * @param time told when the reply came, before this returns or throws
   * @return the response message's bytes
   * @throws LinkException with the plugin's own status, or why there is no answer: the deadline
   *     passed, the link is full, the message is too large, the plugin died. Interrupting the
   *     waiting thread cancels the call.
   */
  byte[] call(CallHeader header, byte[] request, ReplyTime time) throws LinkException;

  /** As {@link #call(CallHeader, byte[], ReplyTime)}, where nobody asks for the time. */
  default byte[] call(CallHeader header, byte[] request) throws LinkException {
    return call(header, request, ReplyTime.IGNORED);
  }

  /**
   * Opens a stream: the request is its first message, further ones may follow in both directions
   * until each side has said that it is done.
   */
  Exchange open(CallHeader header, byte[] request) throws LinkException;

  /** Where the peer stands, as seen now; cheap enough to ask on every call. */
  State state();

  /** Counters and levels since the link was made. */
  Stats stats();

  /**
   * Ends the link: every call in flight fails with {@link LinkException.Kind#PEER_DIED}. Never
   * blocks, never throws.
   */
  @Override
  void close();

  /** A link's condition. */
  enum State {
    /** The peer takes frames. */
    UP,
    /**
     * The peer has taken nothing and given no heartbeat for a second: stopped or spinning (hazard
     * 18).
     */
    STALLED,
    /** The peer is gone, broke the protocol, or the link was closed. Final. */
    DOWN
  }

  /**
   * Figures of one link.
   *
   * @param calls calls and streams begun
   * @param inFlight calls and streams that have not ended
   * @param refused calls refused because the link was full
   * @param lateReplies replies whose call had ended already; dropped (hazard 14)
   * @param bytesSent body bytes put on the request ring
   * @param bytesReceived body bytes taken off the response ring
   * @param requestRingBytes bytes on the request ring now
   * @param responseRingBytes bytes on the response ring now
   */
  record Stats(
      long calls,
      int inFlight,
      long refused,
      long lateReplies,
      long bytesSent,
      long bytesReceived,
      long requestRingBytes,
      long responseRingBytes) {}
}
