package dev.prism.proxy.gate;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads {@code grpc-timeout}, which stock Helidon ignores. */
final class Deadlines {
  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  /** The protocol's own bound. */
  private static final int MAX_DIGITS = 8;

  /** What stands for no deadline. */
  static final long NEVER_NANOS = TimeUnit.DAYS.toNanos(365);

  private Deadlines() {}

  /**
   * How long the client waits, at most {@code limitNanos}; that where it does not say.
   *
   * @throws PrismException REQUEST_MALFORMED where the header is not as the protocol has it
   */
  static long timeoutNanos(Metadata metadata, long limitNanos) {
    String given = metadata.get(TIMEOUT);
    return given == null ? limitNanos : Math.min(parse(given), limitNanos);
  }

  private static long parse(String given) {
    int digits = given.length() - 1;
    @Nullable TimeUnit unit = digits < 1 || digits > MAX_DIGITS ? null : unit(given.charAt(digits));
    if (unit == null) {
      throw malformed();
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = given.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw malformed();
      }
      value = 10 * value + digit;
    }
    return unit.toNanos(value);
  }

  private static @Nullable TimeUnit unit(char letter) {
    return switch (letter) {
      case 'H' -> TimeUnit.HOURS;
      case 'M' -> TimeUnit.MINUTES;
      case 'S' -> TimeUnit.SECONDS;
      case 'm' -> TimeUnit.MILLISECONDS;
      case 'u' -> TimeUnit.MICROSECONDS;
      case 'n' -> TimeUnit.NANOSECONDS;
      default -> null;
    };
  }

  private static PrismException malformed() {
    return PrismException.of(
        Reason.REQUEST_MALFORMED,
        "Metadata grpc-timeout must be 1 to 8 digits and one of H M S m u n.");
  }
}
