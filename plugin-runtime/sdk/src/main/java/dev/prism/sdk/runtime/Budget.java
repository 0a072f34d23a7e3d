package dev.prism.sdk.runtime;

/**
 * What fits the heap of this process. A call's request is held once as it came and once as the
 * store's value, an answer once as the store's value and once encoded.
 *
 * @param maxMessageBytes the largest message, {@code Hello.maxMessageBytes}
 * @param maxPendingBytes bytes of calls that wait or run, {@code Hello.maxPendingBytes}
 * @param maxValueBytes the largest value
 * @param batchBytes bytes of one batch's requests, and what its answers are aimed at
 * @param maxScans scans at once: each may hold a page of 256 KiB twice
 */
public record Budget(
    int maxMessageBytes, long maxPendingBytes, int maxValueBytes, long batchBytes, int maxScans) {
  /** What a message holds besides one value: key, metadata, content type, and their frames. */
  private static final int ENVELOPE_BYTES = 64 << 10;

  /** For a heap of at most this many bytes, as {@link Runtime#maxMemory()} says. */
  public static Budget of(long heapBytes) {
    long message =
        Math.clamp(heapBytes / 6, 1 << 20, KeyValueRules.MOST_VALUE_BYTES + ENVELOPE_BYTES);
    return new Budget(
        (int) message,
        Math.max(message, heapBytes / 4),
        (int) message - ENVELOPE_BYTES,
        Math.max(1 << 20, heapBytes / 16),
        Math.clamp(heapBytes >> 21, 4, 256));
  }
}
