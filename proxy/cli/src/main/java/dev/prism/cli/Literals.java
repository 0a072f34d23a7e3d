package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.cli.Tokens.Kind;
import dev.prism.cli.Tokens.Token;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Values as they are written in filters. */
final class Literals {
  private static final Set<String> TYPES = Set.of("decimal", "timestamp", "date", "uuid", "x");
  private static final String UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

  private Literals() {}

  /** Whether it only says of what type the token after it is: {@code date}. */
  static boolean isTyped(Token token) {
    return token.kind() == Kind.WORD && TYPES.contains(token.text().toLowerCase(Locale.ROOT));
  }

  /** The value of a literal of one token, or null where the token is none. */
  static @Nullable Value plain(Token token) {
    Value.Builder value = Value.newBuilder();
    return switch (token.kind()) {
      case TEXT -> value.setStringValue(token.text()).build();
      case NUMBER -> number(token.text());
      case WORD ->
          token.is("true") || token.is("false")
              ? value.setBoolValue(token.is("true")).build()
              : null;
      case NAME, SIGN, END -> null;
    };
  }

  /**
   * A whole number as one of 64 bits, or a decimal where it is larger; else a double, or a decimal
   * where a double does not hold all digits.
   */
  private static Value number(String text) {
    Value.Builder value = Value.newBuilder();
    if (!text.matches("-?[0-9]+")) {
      double number = Double.parseDouble(text);
      if (Double.isInfinite(number)) {
        throw new IllegalArgumentException("the number " + text + " is too large");
      }
      return text.matches("-?[0-9]+\\.[0-9]+")
              && BigDecimal.valueOf(number).compareTo(new BigDecimal(text)) != 0
          ? value.setDecimalValue(text).build()
          : value.setDoubleValue(number).build();
    }
    BigInteger whole = new BigInteger(text);
    return whole.bitLength() < Long.SIZE
        ? value.setInt64Value(whole.longValue()).build()
        : value.setDecimalValue(text).build();
  }

  /**
   * The value of a literal that begins with its type.
   *
   * @param after the token that comes next
   * @throws IllegalArgumentException where {@code after} is not what the type needs; the message is
   *     for the user
   */
  static Value typed(Token token, Token after) {
    String type = token.text().toLowerCase(Locale.ROOT);
    if (type.equals("decimal")) {
      if (after.kind() != Kind.NUMBER || !after.text().matches("-?[0-9]+(\\.[0-9]+)?")) {
        throw new IllegalArgumentException(
            "'decimal' is followed by digits, such as decimal 1.50, without an exponent");
      }
      return Value.newBuilder().setDecimalValue(after.text()).build();
    }
    if (after.kind() != Kind.TEXT) {
      throw new IllegalArgumentException(
          "'" + type + "' is followed by text between single quotes, and here is " + after.shown());
    }
    return switch (type) {
      case "timestamp" -> moment(after.text());
      case "date" -> day(after.text());
      case "uuid" -> uuid(after.text());
      default -> bytes(after.text());
    };
  }

  private static Value moment(String text) {
    try {
      Instant moment = Instant.parse(text);
      return Value.newBuilder()
          .setTimestampValue(
              Timestamp.newBuilder().setSeconds(moment.getEpochSecond()).setNanos(moment.getNano()))
          .build();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "a timestamp is written with its zone, such as 2025-01-31T12:00:00Z or 2025-01-31T13:00:00.5+01:00",
          e);
    }
  }

  private static Value day(String text) {
    try {
      LocalDate day = LocalDate.parse(text);
      return Value.newBuilder()
          .setDateValue(
              Date.newBuilder()
                  .setYear(day.getYear())
                  .setMonth(day.getMonthValue())
                  .setDay(day.getDayOfMonth()))
          .build();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("a date is written as 2025-01-31, and must exist", e);
    }
  }

  private static Value uuid(String text) {
    if (!text.matches(UUID)) {
      throw new IllegalArgumentException(
          "a UUID is written as f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    }
    return Value.newBuilder().setUuidValue(text.toLowerCase(Locale.ROOT)).build();
  }

  private static Value bytes(String text) {
    try {
      return Value.newBuilder()
          .setBytesValue(ByteString.copyFrom(HexFormat.of().parseHex(text)))
          .build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("bytes are written as pairs of 0-9 and a-f: x'00ff'", e);
    }
  }
}
