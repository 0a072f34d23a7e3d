package dev.prism.sdk.rows;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Values of kind DOCUMENT as JSON. Whole numbers that fit are int64, others decimals with all their
 * digits; bytes, moments, days and UUIDs have no form of their own in JSON.
 */
public final class Documents {
  /** As deep as {@code value.proto} lets lists and maps be: readers of protobuf take no more. */
  private static final int MOST_DEPTH = 32;

  /** A number of more digits than this, written with an exponent, is answered as it is written. */
  private static final int MOST_DIGITS = 1000;

  private Documents() {}

  /** The value of a text; null where it is no JSON, or nested more than 32 deep. */
  public static @Nullable Value parse(String json) {
    try (JsonReader reader = new JsonReader(new StringReader(json))) {
      reader.setStrictness(Strictness.STRICT);
      reader.setNestingLimit(MOST_DEPTH);
      Value value = read(reader);
      return reader.peek() == com.google.gson.stream.JsonToken.END_DOCUMENT ? value : null;
    } catch (MalformedJsonException | EOFException | NumberFormatException e) {
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("a text cannot fail to be read", e);
    }
  }

  private static Value read(JsonReader reader) throws IOException {
    return switch (reader.peek()) {
      case BEGIN_ARRAY -> {
        ListValue.Builder list = ListValue.newBuilder();
        reader.beginArray();
        while (reader.hasNext()) {
          list.addValues(read(reader));
        }
        reader.endArray();
        yield Value.newBuilder().setListValue(list).build();
      }
      case BEGIN_OBJECT -> {
        MapValue.Builder map = MapValue.newBuilder();
        reader.beginObject();
        while (reader.hasNext()) {
          map.putEntries(reader.nextName(), read(reader));
        }
        reader.endObject();
        yield Value.newBuilder().setMapValue(map).build();
      }
      case STRING -> Values.of(reader.nextString());
      case NUMBER -> number(reader.nextString());
      case BOOLEAN -> Values.of(reader.nextBoolean());
      case NULL -> {
        reader.nextNull();
        yield Values.NULL;
      }
      default -> throw new MalformedJsonException("no value");
    };
  }

  private static Value number(String text) {
    BigDecimal number = new BigDecimal(text);
    if (number.scale() <= 0 && number.precision() - number.scale() <= 19) {
      try {
        return Values.of(number.longValueExact());
      } catch (ArithmeticException e) {
        // Larger than a long: a decimal.
      }
    }
    return Math.abs((long) number.scale()) > MOST_DIGITS ? Values.of(text) : Values.of(number);
  }

  /**
   * The text of a value.
   *
   * @throws IllegalArgumentException where it holds what JSON has no form for
   */
  public static String text(Value value) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = new JsonWriter(text)) {
      writer.setHtmlSafe(false);
      writer.setSerializeNulls(true);
      write(writer, value);
    } catch (IOException e) {
      throw new IllegalStateException("a text cannot fail to be written", e);
    }
    return text.toString();
  }

  private static void write(JsonWriter writer, Value value) throws IOException {
    switch (value.getKindCase()) {
      case NULL_VALUE -> writer.nullValue();
      case BOOL_VALUE -> writer.value(value.getBoolValue());
      case INT64_VALUE -> writer.value(value.getInt64Value());
      case DOUBLE_VALUE -> {
        if (!Double.isFinite(value.getDoubleValue())) {
          throw new IllegalArgumentException("NaN and infinities have no form in JSON");
        }
        writer.value(value.getDoubleValue());
      }
      case DECIMAL_VALUE -> writer.value(new BigDecimal(value.getDecimalValue()));
      case STRING_VALUE -> writer.value(value.getStringValue());
      case LIST_VALUE -> {
        writer.beginArray();
        for (Value each : value.getListValue().getValuesList()) {
          write(writer, each);
        }
        writer.endArray();
      }
      case MAP_VALUE -> {
        writer.beginObject();
        for (var entry : value.getMapValue().getEntriesMap().entrySet()) {
          writer.name(entry.getKey());
          write(writer, entry.getValue());
        }
        writer.endObject();
      }
      default ->
          throw new IllegalArgumentException(
              "a " + Kind.of(value) + " has no form of its own in JSON");
    }
  }
}
