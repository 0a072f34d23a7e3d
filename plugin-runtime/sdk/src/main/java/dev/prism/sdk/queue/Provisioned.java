package dev.prism.sdk.queue;

/**
 * What {@link MessageQueue#provision} found or did.
 *
 * @param change what was, or would be, done
 * @param detail for an operator, one line: the physical name and its settings, or how what is there
 *     differs from what is configured
 */
public record Provisioned(Change change, String detail) {
  /** What was, or would be, done. */
  public enum Change {
    /** The topic is there as configured. */
    NONE,
    /** It was missing. */
    CREATE,
    /** It is there with other settings, which are left as they are. */
    DIFFERS
  }
}
