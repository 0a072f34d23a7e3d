package dev.prism.plugin.sqlite;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.sql.Dialect;
import dev.prism.sdk.sql.Written;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * SQLite's columns hold whatever is put there; the declared type says what it is meant to be. What
 * is stored in another form is answered as what it is.
 *
 * <p>docs/sqlite.md has the table of types.
 */
final class SqliteDialect implements Dialect {
  /** The collation of decimals that are kept as text. */
  static final String DECIMAL = "PRISM_DECIMAL";

  /** The declared type of a decimal with all its digits: affinity TEXT. */
  private static final String DECIMAL_TEXT = "DECIMAL_TEXT";

  private static final String LIST_JSON = "LIST_JSON";

  /** Stands for what is greater than every number that is stored. */
  private static final BigDecimal BEYOND = BigDecimal.ONE.movePointRight(1100);

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  /** What a column is meant to hold, by its declared type. */
  static Kind kind(String declared) {
    String type = declared.toUpperCase(Locale.ROOT);
    if (type.isEmpty() || type.equals("ANY")) {
      return Kind.ANY;
    }
    if (type.equals(DECIMAL_TEXT)) {
      return Kind.DECIMAL;
    }
    if (type.equals(LIST_JSON)) {
      return Kind.LIST;
    }
    if (type.startsWith("BOOL")) {
      return Kind.BOOL;
    }
    if (type.startsWith("TIMESTAMP") || type.startsWith("DATETIME")) {
      return Kind.TIMESTAMP;
    }
    if (type.equals("DATE")) {
      return Kind.DATE;
    }
    if (type.equals("UUID")) {
      return Kind.UUID;
    }
    if (type.startsWith("JSON")) {
      return Kind.DOCUMENT;
    }
    // As SQLite finds a column's affinity.
    if (type.contains("INT")) {
      return Kind.INT64;
    }
    if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
      return Kind.STRING;
    }
    if (type.contains("BLOB")) {
      return Kind.BYTES;
    }
    if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
      return Kind.DOUBLE;
    }
    return type.startsWith("DEC") || type.startsWith("NUM") ? Kind.DECIMAL : Kind.ANY;
  }

  private static boolean isDecimalText(Column column) {
    return column.nativeType().equalsIgnoreCase(DECIMAL_TEXT);
  }

  @Override
  public String type(Kind kind) {
    return switch (kind) {
      case ANY -> ""; // affinity BLOB: what is put there stays what it is
      case BOOL -> "BOOLEAN";
      case INT64 -> "INTEGER";
      case DOUBLE -> "REAL";
      case DECIMAL -> DECIMAL_TEXT;
      case STRING -> "TEXT";
      case BYTES -> "BLOB";
      case TIMESTAMP -> "TIMESTAMP";
      case DATE -> "DATE";
      case UUID -> "UUID";
      case LIST -> LIST_JSON;
      case DOCUMENT -> "JSON";
    };
  }

  @Override
  public String selected(Column column) {
    return Dialect.quoted(column.name());
  }

  @Override
  public String compared(Column column) {
    String name = Dialect.quoted(column.name());
    if (isDecimalText(column)) {
      return name + " COLLATE " + DECIMAL;
    }
    return column.kind() == Kind.STRING ? name + " COLLATE BINARY" : name;
  }

  @Override
  public String keyed(Column column) {
    return Dialect.quoted(column.name());
  }

  @Override
  public String parameter(Column column, Value value) {
    return "?";
  }

  @Override
  public void bind(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    if (Kind.of(value).isNumber() && isDecimalText(column)) {
      statement.setString(index, number(value).toPlainString());
      return;
    }
    switch (value.getKindCase()) {
      case BOOL_VALUE -> statement.setInt(index, value.getBoolValue() ? 1 : 0);
      case INT64_VALUE -> statement.setLong(index, value.getInt64Value());
      case DOUBLE_VALUE -> statement.setDouble(index, value.getDoubleValue());
      case DECIMAL_VALUE -> bindNumber(statement, index, number(value));
      case STRING_VALUE -> statement.setString(index, value.getStringValue());
      case BYTES_VALUE -> statement.setBytes(index, value.getBytesValue().toByteArray());
      case UUID_VALUE -> statement.setString(index, value.getUuidValue());
      case DATE_VALUE -> statement.setString(index, Written.day(value.getDateValue()).toString());
      case TIMESTAMP_VALUE ->
          statement.setString(index, Written.momentText(Written.moment(value.getTimestampValue())));
      case NULL_VALUE, LIST_VALUE, MAP_VALUE, KIND_NOT_SET ->
          throw new IllegalArgumentException("nothing compares with it");
    }
  }

  private static BigDecimal number(Value value) {
    return switch (value.getKindCase()) {
      case INT64_VALUE -> BigDecimal.valueOf(value.getInt64Value());
      case DECIMAL_VALUE -> new BigDecimal(value.getDecimalValue());
      default -> {
        double floating = value.getDoubleValue();
        if (Double.isFinite(floating)) {
          yield BigDecimal.valueOf(floating);
        }
        yield floating < 0 ? BEYOND.negate() : BEYOND;
      }
    };
  }

  private static void bindNumber(PreparedStatement statement, int index, BigDecimal number)
      throws SQLException {
    try {
      statement.setLong(index, number.longValueExact());
    } catch (ArithmeticException e) {
      statement.setDouble(index, number.doubleValue());
    }
  }

  @Override
  public String match(Column column, Operator operator, Value value) {
    String name = Dialect.quoted(column.name());
    if (column.kind() == Kind.LIST || column.kind() == Kind.DOCUMENT) {
      String element =
          switch (Kind.of(value)) {
            case BOOL -> "type = ?";
            case INT64, DOUBLE, DECIMAL -> "type IN ('integer', 'real') AND value = ?";
            default -> "type = 'text' AND value = ?";
          };
      return "CASE WHEN json_valid(%1$s) AND json_type(%1$s) = 'array' THEN EXISTS (SELECT 1 FROM json_each(%1$s) WHERE %2$s) END"
          .formatted(name, element);
    }
    return "typeof(" + name + ") = 'text' AND " + text(name, operator);
  }

  private static String text(String name, Operator operator) {
    return switch (operator) {
      case OPERATOR_CONTAINS -> "instr(" + name + ", ?) > 0";
      case OPERATOR_STARTS_WITH -> "instr(" + name + ", ?) = 1";
      default -> "(length(?) = 0 OR substr(" + name + ", -length(?)) = ?)";
    };
  }

  @Override
  public int matchParameters(Column column, Operator operator) {
    return operator == Operator.OPERATOR_ENDS_WITH ? 3 : 1;
  }

  @Override
  public void bindMatch(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    boolean listed = column.kind() == Kind.LIST || column.kind() == Kind.DOCUMENT;
    if (listed && value.hasBoolValue()) {
      statement.setString(index, Boolean.toString(value.getBoolValue()));
    } else {
      bind(statement, index, column, value);
    }
  }

  @Override
  public String nullsFirst() {
    return "";
  }

  @Override
  public String nullsLast() {
    return "";
  }

  @Override
  public String lock() {
    return "";
  }

  @Override
  public String written(Column column, Value value) {
    return "?";
  }

  @Override
  public void bindWritten(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    if (value.hasNullValue()) {
      statement.setObject(index, null);
      return;
    }
    switch (column.kind()) {
      case ANY -> bindAny(statement, index, column, value);
      case BOOL -> statement.setInt(index, Written.flag(column, value) ? 1 : 0);
      case INT64 -> statement.setLong(index, Written.integer(column, value));
      case DOUBLE -> {
        double number = Written.floating(column, value);
        if (Double.isNaN(number)) {
          throw Written.doesNotFit(column, "numbers: SQLite keeps no NaN");
        }
        statement.setDouble(index, number);
      }
      case DECIMAL -> bindDecimal(statement, index, column, value);
      case STRING -> statement.setString(index, Written.text(column, value));
      case BYTES -> statement.setBytes(index, Written.bytes(column, value));
      case TIMESTAMP ->
          statement.setString(
              index, Written.momentText(Written.moment(column, value, ChronoUnit.MICROS)));
      case DATE -> statement.setString(index, Written.day(column, value).toString());
      case UUID -> statement.setString(index, Written.uuid(column, value));
      case LIST, DOCUMENT -> statement.setString(index, Written.json(column, value));
    }
  }

  /** A column of affinity NUMERIC keeps a double where it does not keep a whole number. */
  private static void bindDecimal(
      PreparedStatement statement, int index, Column column, Value value) throws SQLException {
    BigDecimal number = Written.number(column, value);
    if (isDecimalText(column)) {
      statement.setString(index, number.toPlainString());
      return;
    }
    try {
      statement.setLong(index, number.longValueExact());
    } catch (ArithmeticException e) {
      statement.setDouble(index, Written.floating(column, value));
    }
  }

  private void bindAny(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    switch (value.getKindCase()) {
      case LIST_VALUE, MAP_VALUE -> statement.setString(index, Written.json(column, value));
      case DECIMAL_VALUE -> bindDecimal(statement, index, column, value);
      default -> bind(statement, index, column, value);
    }
  }

  @Override
  public Value value(ResultSet row, int index, Column column) throws SQLException {
    return switch (row.getObject(index)) {
      case null -> Values.NULL;
      case String text -> ofText(text, column.kind());
      case byte[] bytes -> Values.of(bytes);
      case Double number -> ofDouble(number, column.kind());
      case Number number -> ofInteger(number.longValue(), column.kind());
      case Object other ->
          throw new IllegalStateException("the driver answers a " + other.getClass());
    };
  }

  /** As it is stored: another program may write a moment, a UUID or true in a form of its own. */
  @Override
  public Value placed(ResultSet row, int index, Column column) throws SQLException {
    return value(row, index, new Column(column.name(), Kind.ANY, column.nullable(), ""));
  }

  private static Value ofInteger(long number, Kind kind) {
    return switch (kind) {
      case BOOL -> Values.of(number != 0);
      case DOUBLE -> Values.of((double) number);
      case DECIMAL -> Values.of(BigDecimal.valueOf(number));
      default -> Values.of(number);
    };
  }

  private static Value ofDouble(double number, Kind kind) {
    return kind == Kind.DECIMAL && Double.isFinite(number)
        ? Values.of(BigDecimal.valueOf(number))
        : Values.of(number);
  }

  private static Value ofText(String text, Kind kind) {
    try {
      return switch (kind) {
        case DECIMAL ->
            NUMBER.matcher(text).matches()
                ? Value.newBuilder().setDecimalValue(text).build()
                : Values.of(text);
        case TIMESTAMP -> Written.of(moment(text));
        case DATE -> Written.of(LocalDate.parse(text));
        case UUID -> Written.ofUuid(java.util.UUID.fromString(text).toString());
        case LIST, DOCUMENT -> {
          Value document = Documents.parse(text);
          yield document == null ? Values.of(text) : document;
        }
        default -> Values.of(text);
      };
    } catch (DateTimeException | IllegalArgumentException e) {
      return Values.of(text); // it is not what it was meant to be
    }
  }

  /** As Prism writes moments, or as SQLite's own {@code datetime()} does, which is UTC. */
  private static Instant moment(String text) {
    return text.endsWith("Z")
        ? Instant.parse(text)
        : LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
  }
}
