package dev.prism.link;

/**
 * Learns when the reply to a call was taken off the ring, so that its way from there is measured.
 */
@FunctionalInterface
public interface ReplyTime {
  /** For who does not ask. */
  ReplyTime IGNORED = nanoTime -> {};

  /**
   * The plugin's answer, or its failure, is there whole. Called on the call's own thread, once, and
   * not where the call ended without a word of the plugin.
   *
   * @param nanoTime when the link took its last frame off the ring, on {@link System#nanoTime()}'s
   *     clock; never 0
   */
  void repliedAt(long nanoTime);
}
