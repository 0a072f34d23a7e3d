package dev.prism.plugin.neptune;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.sql.Written;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Reads GraphSON 3 with types, as it comes: text and truth values as JSON has them, all else as
 * {@code {"@type": ..., "@value": ...}}.
 */
final class GraphSon {
  /** A number of more digits than this, written with an exponent, is answered as text. */
  private static final int MOST_SCALE = 1000;

  /** As deep as {@code value.proto} lets lists and maps be: readers of protobuf take no more. */
  private static final int MOST_DEPTH = 32;

  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("9999-12-31T23:59:59.999999999Z");

  private GraphSon() {}

  /** Reads what a typed value holds. */
  @FunctionalInterface
  interface Reading<T> {
    T read(String type) throws IOException;
  }

  /**
   * A value as rows have it. What is of a type that rows have no kind for, or nested more than 32
   * deep, is its text.
   *
   * @throws MalformedJsonException where it is no GraphSON
   */
  static Value value(JsonReader json) throws IOException {
    return value(json, 0);
  }

  private static Value value(JsonReader json, int depth) throws IOException {
    return switch (json.peek()) {
      case STRING -> Values.of(json.nextString());
      case BOOLEAN -> Values.of(json.nextBoolean());
      case NULL -> {
        json.nextNull();
        yield Values.NULL;
      }
      case BEGIN_OBJECT -> typed(json, type -> typed(json, type, depth));
      default -> text(json);
    };
  }

  /** Goes into {@code {"@type": ..., "@value": ...}} and out again. */
  static <T> T typed(JsonReader json, Reading<T> reading) throws IOException {
    json.beginObject();
    expect(json, "@type");
    String type = json.nextString();
    expect(json, "@value");
    T value = reading.read(type);
    json.endObject();
    return value;
  }

  private static void expect(JsonReader json, String name) throws IOException {
    if (!json.nextName().equals(name)) {
      throw new MalformedJsonException("no GraphSON: no " + name);
    }
  }

  private static Value typed(JsonReader json, String type, int depth) throws IOException {
    try {
      return switch (type) {
        case "g:Int32", "g:Int64", "gx:Byte", "gx:Int16" -> Values.of(json.nextLong());
        case "g:Double" -> Values.of(Double.parseDouble(json.nextString()));
        case "g:Float" -> Values.of((double) Float.parseFloat(json.nextString()));
        case "gx:BigDecimal" -> decimal(json.nextString());
        case "gx:BigInteger" -> Values.of(new BigDecimal(new BigInteger(json.nextString())));
        case "g:Date", "g:Timestamp" -> moment(Instant.ofEpochMilli(json.nextLong()));
        case "gx:OffsetDateTime" -> moment(OffsetDateTime.parse(json.nextString()).toInstant());
        case "gx:Instant" -> moment(Instant.parse(json.nextString()));
        case "g:UUID" ->
            Written.ofUuid(UUID.fromString(json.nextString()).toString().toLowerCase(Locale.ROOT));
        case "g:List", "g:Set" -> depth < MOST_DEPTH ? list(json, depth + 1) : text(json);
        case "g:Map" -> depth < MOST_DEPTH ? map(json, depth + 1) : text(json);
        default -> text(json);
      };
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new MalformedJsonException("no " + type, e);
    }
  }

  private static Value text(JsonReader json) throws IOException {
    if (json.peek() == JsonToken.STRING) {
      return Values.of(json.nextString());
    }
    try {
      return Values.of(JsonParser.parseReader(json).toString());
    } catch (JsonParseException e) {
      throw new MalformedJsonException("no GraphSON", e);
    }
  }

  private static Value decimal(String text) {
    BigDecimal number = new BigDecimal(text);
    return Math.abs((long) number.scale()) > MOST_SCALE ? Values.of(text) : Values.of(number);
  }

  private static Value moment(Instant moment) {
    if (moment.isBefore(FIRST) || moment.isAfter(END)) {
      return Values.of(moment.toString());
    }
    return Written.of(moment);
  }

  private static Value list(JsonReader json, int depth) throws IOException {
    ListValue.Builder list = ListValue.newBuilder();
    json.beginArray();
    while (json.hasNext()) {
      list.addValues(value(json, depth));
    }
    json.endArray();
    return Value.newBuilder().setListValue(list).build();
  }

  /** Keys and values take turns; keys that are no text are written as text. */
  private static Value map(JsonReader json, int depth) throws IOException {
    MapValue.Builder map = MapValue.newBuilder();
    json.beginArray();
    while (json.hasNext()) {
      Value key = value(json, depth);
      map.putEntries(
          key.hasStringValue() ? key.getStringValue() : key.toString(), value(json, depth));
    }
    json.endArray();
    return Value.newBuilder().setMapValue(map).build();
  }

  /**
   * A vertex, asked for by {@code project('i','v').by(id()).by(valueMap(...))} or without the
   * second. A property of several values is a list.
   */
  static Vertex vertex(JsonReader json) throws IOException {
    return typed(
        json,
        _ -> {
          String id = "";
          Map<String, Value> properties = Map.of();
          json.beginArray();
          while (json.hasNext()) {
            if (json.nextString().equals("i")) {
              id = text(value(json));
            } else {
              properties = typed(json, _ -> properties(json));
            }
          }
          json.endArray();
          return new Vertex(id, properties);
        });
  }

  /** Neptune's ids are text; another server's are written as text. */
  private static String text(Value id) {
    return switch (id.getKindCase()) {
      case STRING_VALUE -> id.getStringValue();
      case INT64_VALUE -> Long.toString(id.getInt64Value());
      case UUID_VALUE -> id.getUuidValue();
      default -> id.toString();
    };
  }

  private static Map<String, Value> properties(JsonReader json) throws IOException {
    Map<String, Value> properties = new HashMap<>();
    json.beginArray();
    while (json.hasNext()) {
      String name = json.nextString();
      Value values = value(json);
      properties.put(
          name,
          values.getListValue().getValuesCount() == 1
              ? values.getListValue().getValues(0)
              : values);
    }
    json.endArray();
    return properties;
  }
}
