package dev.prism.conformance;

import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Tables as another program than Prism makes and fills them, in SQLite or PostgreSQL: written apart
 * from what is tested, as the database's own documentation says.
 */
public record SqlTables(Connecting connecting, boolean postgres, String schema)
    implements TestTables {
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** Opens a connection of the tests' own. */
  @FunctionalInterface
  public interface Connecting {
    Connection open() throws SQLException;
  }

  @Override
  public Set<Kind> kinds() {
    return EnumSet.complementOf(EnumSet.of(Kind.ANY));
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }

  /** What a statement calls the table. */
  public String name(String table) {
    return schema.isEmpty() ? quoted(table) : quoted(schema) + "." + quoted(table);
  }

  private String type(Kind kind) {
    return switch (kind) {
      case BOOL -> "BOOLEAN";
      case INT64 -> postgres ? "bigint" : "INTEGER";
      case DOUBLE -> postgres ? "double precision" : "REAL";
      case DECIMAL -> postgres ? "numeric" : "DECIMAL_TEXT";
      case STRING -> "TEXT";
      case BYTES -> postgres ? "bytea" : "BLOB";
      case TIMESTAMP -> postgres ? "timestamptz" : "TIMESTAMP";
      case DATE -> "DATE";
      case UUID -> "UUID";
      case LIST -> postgres ? "text[]" : "LIST_JSON";
      case DOCUMENT -> postgres ? "jsonb" : "JSON";
      case ANY -> throw new IllegalArgumentException("no column is of any kind here");
    };
  }

  @Override
  public void create(String table, TableSpec spec) {
    StringJoiner columns = new StringJoiner(", ", "(", ")");
    for (Column column : spec.columns()) {
      columns.add(
          quoted(column.name())
              + " "
              + type(column.kind())
              + (column.nullable() ? "" : " NOT NULL"));
    }
    columns.add(
        "PRIMARY KEY ("
            + String.join(", ", spec.key().stream().map(SqlTables::quoted).toList())
            + ")");
    execute("CREATE TABLE " + name(table) + " " + columns);
  }

  /** Runs a statement. */
  public void execute(String sql) {
    try (Connection connection = connecting.open();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    StringJoiner names = new StringJoiner(", ");
    StringJoiner places = new StringJoiner(", ");
    for (Column column : spec.columns()) {
      names.add(quoted(column.name()));
      places.add(place(column));
    }
    String sql = "INSERT INTO %s (%s) VALUES (%s)".formatted(name(table), names, places);
    try (Connection connection = connecting.open();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      for (Map<String, Value> row : rows) {
        for (int i = 0; i < spec.columns().size(); i++) {
          Column column = spec.columns().get(i);
          set(insert, i + 1, column, row.get(column.name()));
        }
        insert.addBatch();
      }
      insert.executeBatch();
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    StringJoiner condition = new StringJoiner(" AND ");
    List<Column> columns =
        spec.columns().stream().filter(column -> spec.key().contains(column.name())).toList();
    columns.forEach(column -> condition.add(quoted(column.name()) + " = " + place(column)));
    try (Connection connection = connecting.open();
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM " + name(table) + " WHERE " + condition)) {
      for (int i = 0; i < columns.size(); i++) {
        set(delete, i + 1, columns.get(i), key.get(columns.get(i).name()));
      }
      delete.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String place(Column column) {
    if (!postgres) {
      return "?";
    }
    return switch (column.kind()) {
      case LIST ->
          "(SELECT CASE WHEN j IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(j)) END FROM (SELECT ?::jsonb AS j) one)";
      case DOCUMENT -> "?::jsonb";
      case TIMESTAMP -> "?::timestamptz";
      case DATE -> "?::date";
      case UUID -> "?::uuid";
      default -> "?";
    };
  }

  private void set(
      PreparedStatement statement,
      int index,
      Column column,
      @org.jspecify.annotations.Nullable Value value)
      throws SQLException {
    if (value == null) {
      if (postgres && column.kind() == Kind.BYTES) {
        statement.setNull(index, Types.BINARY);
      } else {
        statement.setNull(index, Types.NULL);
      }
      return;
    }
    switch (value.getKindCase()) {
      case BOOL_VALUE -> statement.setBoolean(index, value.getBoolValue());
      case INT64_VALUE -> statement.setLong(index, value.getInt64Value());
      case DOUBLE_VALUE -> statement.setDouble(index, value.getDoubleValue());
      case DECIMAL_VALUE -> {
        if (postgres) {
          statement.setBigDecimal(index, new BigDecimal(value.getDecimalValue()));
        } else {
          statement.setString(index, value.getDecimalValue());
        }
      }
      case STRING_VALUE -> statement.setString(index, value.getStringValue());
      case BYTES_VALUE -> statement.setBytes(index, value.getBytesValue().toByteArray());
      case TIMESTAMP_VALUE -> statement.setString(index, moment(value.getTimestampValue()));
      case DATE_VALUE -> statement.setString(index, day(value.getDateValue()));
      case UUID_VALUE -> statement.setString(index, value.getUuidValue());
      case LIST_VALUE, MAP_VALUE -> statement.setString(index, Documents.text(value));
      case NULL_VALUE, KIND_NOT_SET -> throw new IllegalArgumentException("leave the column out");
    }
  }

  private static String moment(Timestamp timestamp) {
    return MOMENT.format(Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos()));
  }

  private static String day(Date date) {
    return LocalDate.of(date.getYear(), date.getMonth(), date.getDay()).toString();
  }
}
