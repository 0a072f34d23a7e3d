package dev.prism.grpc.engine;

import java.util.concurrent.TimeUnit;

/** {@code grpc-timeout}: at most eight digits and a unit (gRPC over HTTP/2, "Requests"). */
final class Timeouts {
  private static final int MAX_DIGITS = 8;

  /** A century: added to what a clock says, it is still in a long. */
  private static final long LONGEST = TimeUnit.DAYS.toNanos(36_500);

  private Timeouts() {}

  /** The time in nanoseconds, or -1 where the text is not one. */
  static long nanos(String text) {
    int digits = text.length() - 1;
    if (digits < 1 || digits > MAX_DIGITS) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return switch (text.charAt(digits)) {
      case 'n' -> value;
      case 'u' -> TimeUnit.MICROSECONDS.toNanos(value);
      case 'm' -> TimeUnit.MILLISECONDS.toNanos(value);
      case 'S' -> TimeUnit.SECONDS.toNanos(value);
      case 'M' -> Math.min(LONGEST, TimeUnit.MINUTES.toNanos(value));
      case 'H' -> Math.min(LONGEST, TimeUnit.HOURS.toNanos(value));
      default -> -1;
    };
  }
}
