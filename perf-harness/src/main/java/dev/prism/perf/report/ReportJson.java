package dev.prism.perf.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A report as JSON: the records' components by their names, in their order, and the entries of maps
 * by their keys' order, so that two of the same content are the same text. A number that was not
 * measured is null.
 */
public final class ReportJson {
  /** Of what is written; what has another is not read. */
  public static final int FORMAT = 1;

  private static final Gson GSON =
      new GsonBuilder()
          .registerTypeAdapter(double.class, new Measured())
          .registerTypeAdapter(Double.class, new Measured())
          .registerTypeHierarchyAdapter(Map.class, sorted())
          .registerTypeAdapterFactory(new WholeRecords())
          .serializeNulls()
          .disableHtmlEscaping()
          .setPrettyPrinting()
          .create();

  private ReportJson() {}

  /** Writes one. */
  public static String write(Report report) {
    JsonObject all = new JsonObject();
    all.addProperty("format", FORMAT);
    GSON.toJsonTree(report).getAsJsonObject().asMap().forEach(all::add);
    return GSON.toJson(all) + "\n";
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it is something else, in a line for a person
   */
  public static Report read(String json) {
    try {
      if (!(JsonParser.parseString(json) instanceof JsonObject all)) {
        throw new IllegalArgumentException("not a report: it is no JSON object");
      }
      JsonElement format = all.remove("format");
      if (!new JsonPrimitive(FORMAT).equals(format)) {
        throw new IllegalArgumentException(
            "not a report of format " + FORMAT + ": its format is " + format);
      }
      return GSON.fromJson(all, Report.class);
    } catch (JsonParseException e) {
      throw new IllegalArgumentException("not a report: " + e.getMessage(), e);
    }
  }

  private static JsonSerializer<Map<String, ?>> sorted() {
    return (map, type, context) -> {
      JsonObject object = new JsonObject();
      new TreeMap<>(map).forEach((key, value) -> object.add(key, context.serialize(value)));
      return object;
    };
  }

  /** JSON has no NaN and no infinity. */
  private static final class Measured extends TypeAdapter<Double> {
    @Override
    public void write(JsonWriter out, Double value) throws IOException {
      if (Double.isFinite(value)) {
        out.value(value);
      } else {
        out.nullValue();
      }
    }

    @Override
    public Double read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return Double.NaN;
      }
      return in.nextDouble();
    }
  }

  /** Gson leaves what is absent null, which no component of a report is. */
  private static final class WholeRecords implements TypeAdapterFactory {
    @Override
    public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      if (!type.getRawType().isRecord()) {
        return null;
      }
      TypeAdapter<T> delegate = gson.getDelegateAdapter(this, type);
      return new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          delegate.write(out, value);
        }

        @Override
        public T read(JsonReader in) throws IOException {
          String where = in.getPath();
          T value = delegate.read(in);
          for (RecordComponent each : type.getRawType().getRecordComponents()) {
            if (value == null || component(each, value) == null) {
              throw new JsonParseException(where + " lacks " + each.getName());
            }
          }
          return value;
        }
      };
    }

    private static @Nullable Object component(RecordComponent component, Object of) {
      try {
        return component.getAccessor().invoke(of);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
