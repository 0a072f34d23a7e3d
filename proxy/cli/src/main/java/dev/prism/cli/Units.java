package dev.prism.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times and sizes as people write and read them. */
final class Units {
  private static final Pattern TIME = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");

  private Units() {}

  /** Reads {@code 500ms}, {@code 10s}, {@code 5m}, {@code 2h} or {@code 7d}. */
  static final class TimeConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher matcher = TIME.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not a time: write a number and ms, s, m, h or d, such as 10s");
      }
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(number);
        case "s" -> Duration.ofSeconds(number);
        case "m" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        default -> Duration.ofDays(number);
      };
    }
  }

  /** The two largest units of a time: {@code 3d 4h}, {@code 12s}; below a second, milliseconds. */
  static String time(Duration time) {
    long seconds = time.toSeconds();
    if (seconds < 1) {
      return time.toMillis() + "ms";
    }
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return seconds / 60 + "m " + seconds % 60 + "s";
    }
    return seconds < 86_400
        ? seconds / 3600 + "h " + seconds / 60 % 60 + "m"
        : seconds / 86_400 + "d " + seconds / 3600 % 24 + "h";
  }

  /** A size in units of 1024: {@code 512 B}, {@code 61.3 MiB}. */
  static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    String[] units = {"KiB", "MiB", "GiB", "TiB"};
    double size = bytes / 1024.0;
    int unit = 0;
    while (size >= 1024 && unit < units.length - 1) {
      size /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", size, units[unit]);
  }

  static Duration of(com.google.protobuf.Duration time) {
    return Duration.ofSeconds(time.getSeconds(), time.getNanos());
  }

  static com.google.protobuf.Duration of(Duration time) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(time.getSeconds())
        .setNanos(time.getNano())
        .build();
  }

  /** An instant in UTC, to the second. */
  static String instant(com.google.protobuf.Timestamp at) {
    return java.time.Instant.ofEpochSecond(at.getSeconds()).toString();
  }
}
