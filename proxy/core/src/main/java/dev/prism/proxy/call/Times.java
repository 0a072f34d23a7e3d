package dev.prism.proxy.call;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;

/** Times of the contract's messages as Java's, and back. */
public final class Times {
  private Times() {}

  public static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  /** The instant; one that Java cannot hold becomes the nearest that it can. */
  public static Instant instant(Timestamp timestamp) {
    long seconds =
        Math.clamp(
            timestamp.getSeconds(), Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond());
    return Instant.ofEpochSecond(seconds, Math.clamp(timestamp.getNanos(), 0, 999_999_999));
  }

  public static com.google.protobuf.Duration message(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  /** Whole milliseconds, finer parts cut off; saturates at {@link Long#MAX_VALUE}. */
  public static long millis(com.google.protobuf.Duration duration) {
    long seconds = duration.getSeconds();
    if (seconds > Long.MAX_VALUE / 1000 - 1) {
      return Long.MAX_VALUE;
    }
    if (seconds < Long.MIN_VALUE / 1000 + 1) {
      return Long.MIN_VALUE;
    }
    return seconds * 1000 + duration.getNanos() / 1_000_000;
  }
}
