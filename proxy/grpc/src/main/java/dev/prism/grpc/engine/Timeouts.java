package dev.prism.grpc.engine;

/** {@code grpc-timeout}: at most eight digits and a unit (gRPC over HTTP/2, "Requests"). */
final class Timeouts {
  private static final int MAX_DIGITS = 8;

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
      case 'u' -> value * 1_000;
      case 'm' -> value * 1_000_000;
      case 'S' -> value * 1_000_000_000;
      case 'M' -> value * 60_000_000_000L;
      case 'H' -> value * 3_600_000_000_000L;
      default -> -1;
    };
  }
}
