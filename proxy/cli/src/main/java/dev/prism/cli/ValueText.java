package dev.prism.cli;

import com.google.gson.stream.JsonWriter;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/** Values of rows as JSON and as people read them. */
final class ValueText {
  private ValueText() {}

  /**
   * Writes a value as JSON: numbers with all their digits, bytes as base64, moments as RFC 3339 has
   * them, and NaN and infinities as text, as JSON has none.
   */
  static void json(JsonWriter json, Value value) throws IOException {
    switch (value.getKindCase()) {
      case BOOL_VALUE -> json.value(value.getBoolValue());
      case INT64_VALUE -> json.value(value.getInt64Value());
      case DOUBLE_VALUE -> {
        double number = value.getDoubleValue();
        if (Double.isFinite(number)) {
          json.value(number);
        } else {
          json.value(Double.toString(number));
        }
      }
      case DECIMAL_VALUE ->
          // Not as Java writes it, which may be with an exponent, nor with leading zeros.
          json.jsonValue(new BigDecimal(value.getDecimalValue()).toPlainString());
      case STRING_VALUE -> json.value(value.getStringValue());
      case BYTES_VALUE ->
          json.value(Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray()));
      case TIMESTAMP_VALUE -> json.value(moment(value.getTimestampValue()));
      case DATE_VALUE -> json.value(day(value.getDateValue()));
      case UUID_VALUE -> json.value(value.getUuidValue());
      case LIST_VALUE -> {
        json.beginArray();
        for (Value each : value.getListValue().getValuesList()) {
          json(json, each);
        }
        json.endArray();
      }
      case MAP_VALUE -> {
        json.beginObject();
        for (Map.Entry<String, Value> entry : value.getMapValue().getEntriesMap().entrySet()) {
          json.name(entry.getKey());
          json(json, entry.getValue());
        }
        json.endObject();
      }
      case NULL_VALUE, KIND_NOT_SET -> json.nullValue();
    }
  }

  /** A value in a table; text may still have line breaks. */
  static String plain(Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      case INT64_VALUE -> Long.toString(value.getInt64Value());
      case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
      case DECIMAL_VALUE -> value.getDecimalValue();
      case STRING_VALUE -> value.getStringValue();
      case BYTES_VALUE ->
          "x'" + HexFormat.of().formatHex(value.getBytesValue().toByteArray()) + "'";
      case TIMESTAMP_VALUE -> moment(value.getTimestampValue());
      case DATE_VALUE -> day(value.getDateValue());
      case UUID_VALUE -> value.getUuidValue();
      case LIST_VALUE, MAP_VALUE -> {
        StringWriter text = new StringWriter();
        try {
          json(new JsonWriter(text), value);
        } catch (IOException e) {
          throw new UncheckedIOException("a text cannot fail to be written", e);
        }
        yield text.toString();
      }
      case NULL_VALUE, KIND_NOT_SET -> "-";
    };
  }

  private static String moment(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos()).toString();
  }

  private static String day(Date date) {
    return String.format(
        Locale.ROOT, "%04d-%02d-%02d", date.getYear(), date.getMonth(), date.getDay());
  }
}
