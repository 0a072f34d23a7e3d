package dev.prism.sdk.sql;

import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * Values on their way into a column: numbers of one kind become those of another only where they
 * are worth the same after.
 */
public final class Written {
  private static final BigInteger MOST_LONG = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger LEAST_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Written() {}

  /** As a whole number. */
  public static long integer(Column column, Value value) {
    if (value.hasInt64Value()) {
      return value.getInt64Value();
    }
    BigDecimal number = number(column, value);
    if (number.signum() != 0 && number.precision() - (long) number.scale() > 19) {
      throw doesNotFit(column, "a whole number of 64 bits");
    }
    try {
      BigInteger whole = number.toBigIntegerExact();
      if (whole.compareTo(LEAST_LONG) >= 0 && whole.compareTo(MOST_LONG) <= 0) {
        return whole.longValueExact();
      }
    } catch (ArithmeticException e) {
      // It has a fraction.
    }
    throw doesNotFit(column, "a whole number of 64 bits");
  }

  /** As a floating-point number. */
  public static double floating(Column column, Value value) {
    if (value.hasDoubleValue()) {
      return value.getDoubleValue();
    }
    BigDecimal number = number(column, value);
    double floating = number.doubleValue();
    if (Double.isFinite(floating) && BigDecimal.valueOf(floating).compareTo(number) == 0) {
      return floating;
    }
    throw doesNotFit(column, "a number that a double holds");
  }

  /** As a number with all its digits. */
  public static BigDecimal number(Column column, Value value) {
    return switch (value.getKindCase()) {
      case INT64_VALUE -> BigDecimal.valueOf(value.getInt64Value());
      case DECIMAL_VALUE -> new BigDecimal(value.getDecimalValue());
      case DOUBLE_VALUE -> {
        if (!Double.isFinite(value.getDoubleValue())) {
          throw doesNotFit(column, "finite numbers");
        }
        yield BigDecimal.valueOf(value.getDoubleValue());
      }
      default -> throw doesNotFit(column, "a number");
    };
  }

  /** As text. */
  public static String text(Column column, Value value) {
    if (!value.hasStringValue()) {
      throw doesNotFit(column, "text");
    }
    return value.getStringValue();
  }

  /** As true or false. */
  public static boolean flag(Column column, Value value) {
    if (!value.hasBoolValue()) {
      throw doesNotFit(column, "true or false");
    }
    return value.getBoolValue();
  }

  /** As bytes. */
  public static byte[] bytes(Column column, Value value) {
    if (!value.hasBytesValue()) {
      throw doesNotFit(column, "bytes");
    }
    return value.getBytesValue().toByteArray();
  }

  /** As a UUID's text. */
  public static String uuid(Column column, Value value) {
    if (!value.hasUuidValue()) {
      throw doesNotFit(column, "a UUID");
    }
    return value.getUuidValue();
  }

  /** As a day. */
  public static LocalDate day(Column column, Value value) {
    if (!value.hasDateValue()) {
      throw doesNotFit(column, "a day");
    }
    return day(value.getDateValue());
  }

  /** A day of a value that is one. */
  public static LocalDate day(Date date) {
    return LocalDate.of(date.getYear(), date.getMonth(), date.getDay());
  }

  /**
   * As a moment.
   *
   * @param unit what the column tells apart
   */
  public static Instant moment(Column column, Value value, ChronoUnit unit) {
    if (!value.hasTimestampValue()) {
      throw doesNotFit(column, "a moment");
    }
    Instant moment = moment(value.getTimestampValue());
    if (!moment.equals(moment.truncatedTo(unit))) {
      throw doesNotFit(column, "a moment in whole " + unit.toString().toLowerCase(Locale.ROOT));
    }
    return moment;
  }

  /** A moment of a value that is one. */
  public static Instant moment(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  /** A moment as text of fixed length, in microseconds: its order is that of the moments. */
  public static String momentText(Instant moment) {
    return MOMENT.format(moment);
  }

  /** As JSON. */
  public static String json(Column column, Value value) {
    if (column.kind() == Kind.LIST && !value.hasListValue()) {
      throw doesNotFit(column, "a list");
    }
    try {
      return Documents.text(value);
    } catch (IllegalArgumentException e) {
      throw doesNotFit(column, "what JSON has a form for");
    }
  }

  /** A moment as a value. */
  public static Value of(Instant moment) {
    return Value.newBuilder()
        .setTimestampValue(
            Timestamp.newBuilder().setSeconds(moment.getEpochSecond()).setNanos(moment.getNano()))
        .build();
  }

  /** A day as a value; as text where the year is out of range. */
  public static Value of(LocalDate day) {
    if (day.getYear() < 1 || day.getYear() > 9999) {
      return Values.of(day.toString());
    }
    return Value.newBuilder()
        .setDateValue(
            Date.newBuilder()
                .setYear(day.getYear())
                .setMonth(day.getMonthValue())
                .setDay(day.getDayOfMonth()))
        .build();
  }

  /** A UUID as a value. */
  public static Value ofUuid(String text) {
    return Value.newBuilder().setUuidValue(text).build();
  }

  /** Says that the column would not keep the value as it is. */
  public static PrismException doesNotFit(Column column, String takes) {
    String description =
        "does not fit the column '%s', which takes %s".formatted(column.name(), takes);
    return PrismException.invalid(
        Reason.FIELD_INVALID,
        "a value " + description,
        List.of(new Violation("values[" + column.name() + "]", description)));
  }
}
