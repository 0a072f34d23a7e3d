package dev.prism.sdk.runtime;

import com.google.type.Date;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;
import java.util.regex.Pattern;

/** What {@code value.proto} says of a value in a request. */
final class RowValues {
  private static final int MOST_DEPTH = 32;
  private static final int MOST_ENTRIES = 10_000;
  private static final int MOST_DIGITS = 1000;
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  /** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, what a protobuf Timestamp may be. */
  private static final long FIRST_SECOND = -62_135_596_800L;

  private static final long LAST_SECOND = 253_402_300_799L;

  private RowValues() {}

  /**
   * A value that is what it says; a UUID in lower case.
   *
   * @param field its path
   * @throws PrismException FIELD_INVALID
   */
  static Value checked(Value value, String field) {
    return checked(value, field, 0);
  }

  private static Value checked(Value value, String field, int depth) {
    switch (value.getKindCase()) {
      case DECIMAL_VALUE -> {
        String text = value.getDecimalValue();
        if (text.length() > MOST_DIGITS || !DECIMAL.matcher(text).matches()) {
          throw invalid(
              field + ".decimal_value",
              "must be digits such as -123.4500, at most " + MOST_DIGITS + " characters");
        }
      }
      case UUID_VALUE -> {
        if (!UUID.matcher(value.getUuidValue()).matches()) {
          throw invalid(field + ".uuid_value", "must be as f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
        }
        return value.toBuilder()
            .setUuidValue(value.getUuidValue().toLowerCase(Locale.ROOT))
            .build();
      }
      case TIMESTAMP_VALUE -> {
        long seconds = value.getTimestampValue().getSeconds();
        int nanos = value.getTimestampValue().getNanos();
        if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) {
          throw invalid(
              field + ".timestamp_value", "must be in the years 1 to 9999, nanos 0 to 999999999");
        }
      }
      case DATE_VALUE -> date(value.getDateValue(), field + ".date_value");
      case LIST_VALUE -> {
        nested(value.getListValue().getValuesCount(), depth, field);
        ListValue.Builder list = ListValue.newBuilder();
        for (Value each : value.getListValue().getValuesList()) {
          list.addValues(
              checked(each, field + ".list_value[" + list.getValuesCount() + "]", depth + 1));
        }
        return Value.newBuilder().setListValue(list).build();
      }
      case MAP_VALUE -> {
        nested(value.getMapValue().getEntriesCount(), depth, field);
        MapValue.Builder map = MapValue.newBuilder();
        value
            .getMapValue()
            .getEntriesMap()
            .forEach(
                (name, each) ->
                    map.putEntries(name, checked(each, field + ".map_value", depth + 1)));
        return Value.newBuilder().setMapValue(map).build();
      }
      case KIND_NOT_SET -> throw invalid(field, "must have a kind; for no value set null_value");
      case NULL_VALUE, BOOL_VALUE, INT64_VALUE, DOUBLE_VALUE, STRING_VALUE, BYTES_VALUE -> {
        // Whatever they are, they are right.
      }
    }
    return value;
  }

  private static void date(Date date, String field) {
    try {
      LocalDate.of(date.getYear(), date.getMonth(), date.getDay());
      if (date.getYear() >= 1 && date.getYear() <= 9999) {
        return;
      }
    } catch (DateTimeException e) {
      // Said below, as of a year that is out of range.
    }
    throw invalid(field, "must be a day of the years 1 to 9999");
  }

  private static void nested(int entries, int depth, String field) {
    if (entries > MOST_ENTRIES || depth >= MOST_DEPTH) {
      throw invalid(
          field, "may have " + MOST_ENTRIES + " entries, nested " + MOST_DEPTH + " deep at most");
    }
  }

  static PrismException invalid(String field, String description) {
    return KeyValueRules.invalid(Reason.FIELD_INVALID, field, description);
  }
}
