package dev.prism.conformance;

import com.google.gson.JsonObject;
import com.google.protobuf.Timestamp;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Vertices as another program than Prism makes them, over HTTP: written apart from what is tested.
 * An id is of one vertex in all of the graph, so a row's is its table's name and its key.
 *
 * @param url of the server
 * @param prefix what stands before a table's name in a vertex's label
 */
public record GremlinTables(String url, String prefix) implements TestTables {
  private static final String ID = "id";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** As many as a server reads quickly. */
  private static final int AT_ONCE = 50;

  /** A list is a property of several values, which are in no order and each there once. */
  @Override
  public Set<Kind> kinds() {
    return EnumSet.of(
        Kind.BOOL, Kind.INT64, Kind.DOUBLE, Kind.DECIMAL, Kind.STRING, Kind.TIMESTAMP, Kind.UUID);
  }

  @Override
  public void create(String table, TableSpec spec) {
    // It is there when it has a vertex.
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    for (int i = 0; i < rows.size(); i += AT_ONCE) {
      ask(
          "g."
              + rows.subList(i, Math.min(rows.size(), i + AT_ONCE)).stream()
                  .map(row -> vertex(table, id(table, spec, row), row))
                  .collect(Collectors.joining("."))
              + ".count()");
    }
  }

  /** Adds a vertex with an id of the caller's. */
  public void add(String table, String id, Map<String, Value> properties) {
    ask("g." + vertex(table, id, properties) + ".count()");
  }

  private String vertex(String table, String id, Map<String, Value> properties) {
    List<String> steps = new ArrayList<>();
    steps.add("addV(" + quoted(prefix + table) + ")");
    steps.add("property(id," + quoted(id) + ")");
    properties.forEach((name, value) -> steps.add(property(name, value)));
    return String.join(".", steps);
  }

  private static String property(String name, Value value) {
    if (!value.hasListValue()) {
      return property("single", name, value);
    }
    return value.getListValue().getValuesList().stream()
        .map(each -> property("set", name, each))
        .collect(Collectors.joining("."));
  }

  private static String property(String cardinality, String name, Value value) {
    return "property(" + cardinality + "," + quoted(name) + "," + literal(value) + ")";
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    ask("g.V(" + quoted(id(table, spec, key)) + ").drop()");
  }

  @Override
  public boolean areOpen() {
    return true;
  }

  /** The vertex's id before the properties, which come by their names. */
  @Override
  public List<String> columns(TableSpec spec) {
    return Stream.concat(Stream.of(ID), spec.columns().stream().map(Column::name).sorted())
        .toList();
  }

  @Override
  public Map<String, Value> key(String table, TableSpec spec, Map<String, Value> row) {
    return Map.of(ID, Values.of(id(table, spec, row)));
  }

  private static String id(String table, TableSpec spec, Map<String, Value> row) {
    return table + "/" + spec.keyText(row);
  }

  /** Asks for what a traversal gives, and answers the whole of what came. */
  public String ask(String traversal) {
    JsonObject query = new JsonObject();
    query.addProperty("gremlin", traversal);
    query.addProperty("language", "gremlin-lang");
    try {
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(URI.create(url + "/gremlin"))
                  .header("Content-Type", "application/json")
                  .header("Accept", "application/vnd.gremlin-v3.0+json")
                  .POST(HttpRequest.BodyPublishers.ofString(query.toString()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IllegalStateException(response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Text with every character by its number but letters and digits. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.chars()
        .mapToObj(
            c ->
                c < 128 && Character.isLetterOrDigit(c)
                    ? Character.toString(c)
                    : "\\u%04x".formatted(c))
        .forEach(quoted::append);
    return quoted.append('"').toString();
  }

  private static String literal(Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      case INT64_VALUE -> value.getInt64Value() + "L";
      case DOUBLE_VALUE ->
          Double.isFinite(value.getDoubleValue())
              ? value.getDoubleValue() + "D"
              : String.valueOf(value.getDoubleValue());
      case DECIMAL_VALUE -> value.getDecimalValue() + "M";
      case STRING_VALUE -> quoted(value.getStringValue());
      case UUID_VALUE -> "UUID(\"" + value.getUuidValue() + "\")";
      case TIMESTAMP_VALUE -> {
        Timestamp moment = value.getTimestampValue();
        yield "datetime(\"" + Instant.ofEpochSecond(moment.getSeconds(), moment.getNanos()) + "\")";
      }
      default -> throw new IllegalArgumentException("no vertex has a " + value.getKindCase());
    };
  }
}
