package dev.prism.sdk.sql;

/**
 * How many rows a driver fetches at once, so that they take about {@value #BYTES} bytes however
 * large they are: few at first, then as many as those before let expect.
 */
public final class FetchSize {
  static final int BYTES = 256 << 10;
  private static final int FIRST = 8;
  private static final int MOST = 1000;

  private long seen;
  private long bytes;
  private int next = FIRST;

  /** At most {@code wanted}. */
  int rows(int wanted) {
    return Math.clamp(wanted, 1, next);
  }

  /**
   * Notes a row.
   *
   * @return whether it is time to set the driver's anew
   */
  boolean read(int rowBytes) {
    seen++;
    bytes += rowBytes;
    if (seen % FIRST != 0) {
      return false;
    }
    int before = next;
    // At most eight times as many at once: the rows to come may be larger.
    next = Math.clamp(Math.min(BYTES * seen / bytes, next * 8L), 1, MOST);
    return next != before;
  }
}
