package dev.prism.plugin.postgres;

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
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's types as kinds: those that Prism has no kind for are text, as the server writes
 * them. A {@code timestamp} without time zone is taken as UTC.
 *
 * <p>docs/postgres.md has the table of types.
 */
final class PostgresDialect implements Dialect {
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  /** {@code numeric(10,2)}: so many digits after the point, and no more. */
  private static final Pattern SCALE = Pattern.compile("numeric\\([0-9]+,(-?[0-9]+)\\)");

  /** {@code timestamp(3) with time zone}: so many digits of a second. */
  private static final Pattern PRECISION = Pattern.compile("timestamp\\(([0-6])\\).*");

  private static final OffsetDateTime FIRST = OffsetDateTime.parse("0001-01-01T00:00:00Z");
  private static final OffsetDateTime LAST = OffsetDateTime.parse("9999-12-31T23:59:59.999999Z");

  /**
   * What a column holds.
   *
   * @param base the name of its type in {@code pg_type}, of a domain that of its base
   * @param array whether it is an array
   */
  static Kind kind(String base, boolean array) {
    if (array) {
      return Kind.LIST;
    }
    return switch (base) {
      case "bool" -> Kind.BOOL;
      case "int2", "int4", "int8" -> Kind.INT64;
      case "float4", "float8" -> Kind.DOUBLE;
      case "numeric" -> Kind.DECIMAL;
      case "bytea" -> Kind.BYTES;
      case "timestamptz", "timestamp" -> Kind.TIMESTAMP;
      case "date" -> Kind.DATE;
      case "uuid" -> Kind.UUID;
      case "json", "jsonb" -> Kind.DOCUMENT;
      default -> Kind.STRING;
    };
  }

  private static boolean isText(Column column) {
    return column.nativeType().equals("text")
        || column.nativeType().startsWith("character varying");
  }

  private static boolean isUtc(Column column) {
    return column.nativeType().startsWith("timestamp")
        && column.nativeType().endsWith("without time zone");
  }

  private static String name(Column column) {
    return Dialect.quoted(column.name());
  }

  @Override
  public String type(Kind kind) {
    return switch (kind) {
      case BOOL -> "boolean";
      case INT64 -> "bigint";
      case DOUBLE -> "double precision";
      case DECIMAL -> "numeric";
      // In the order of its bytes, so that a filter and an order go by its index.
      case STRING -> "text COLLATE \"C\"";
      case BYTES -> "bytea";
      case TIMESTAMP -> "timestamptz";
      case DATE -> "date";
      case UUID -> "uuid";
      case LIST -> "text[]";
      case DOCUMENT, ANY -> "jsonb";
    };
  }

  @Override
  public String selected(Column column) {
    return switch (column.kind()) {
      case LIST -> "to_json(" + name(column) + ")::text";
      case DECIMAL, DOCUMENT -> name(column) + "::text";
      case STRING -> isText(column) ? name(column) : name(column) + "::text";
      default -> name(column);
    };
  }

  @Override
  public String compared(Column column) {
    return column.kind() == Kind.STRING
        ? (isText(column) ? name(column) : name(column) + "::text") + " COLLATE \"C\""
        : name(column);
  }

  @Override
  public String keyed(Column column) {
    return column.kind() == Kind.STRING && !isText(column) ? name(column) + "::text" : name(column);
  }

  @Override
  public String parameter(Column column, Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> "?::boolean";
      case INT64_VALUE -> "?::bigint";
      case DOUBLE_VALUE -> "?::double precision";
      case DECIMAL_VALUE -> "?::numeric";
      case BYTES_VALUE -> "?::bytea";
      case TIMESTAMP_VALUE -> isUtc(column) ? "?::timestamp" : "?::timestamptz";
      case DATE_VALUE -> "?::date";
      case UUID_VALUE -> "?::uuid";
      // A text in another column's place is what it holds and no kind does, such as infinity.
      default -> column.kind() == Kind.STRING ? "?::text" : "?::text::" + column.nativeType();
    };
  }

  @Override
  public void bind(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    switch (value.getKindCase()) {
      case BOOL_VALUE -> statement.setBoolean(index, value.getBoolValue());
      case INT64_VALUE -> statement.setLong(index, value.getInt64Value());
      case DOUBLE_VALUE -> statement.setDouble(index, value.getDoubleValue());
      case DECIMAL_VALUE -> statement.setBigDecimal(index, new BigDecimal(value.getDecimalValue()));
      case STRING_VALUE -> statement.setString(index, value.getStringValue());
      case BYTES_VALUE -> statement.setBytes(index, value.getBytesValue().toByteArray());
      case TIMESTAMP_VALUE ->
          setMoment(statement, index, column, Written.moment(value.getTimestampValue()));
      case DATE_VALUE -> statement.setObject(index, Written.day(value.getDateValue()));
      case UUID_VALUE -> statement.setObject(index, UUID.fromString(value.getUuidValue()));
      case NULL_VALUE, LIST_VALUE, MAP_VALUE, KIND_NOT_SET ->
          throw new IllegalArgumentException("nothing compares with it");
    }
  }

  private static void setMoment(
      PreparedStatement statement, int index, Column column, Instant moment) throws SQLException {
    if (isUtc(column)) {
      statement.setObject(index, LocalDateTime.ofInstant(moment, ZoneOffset.UTC));
    } else {
      statement.setObject(index, moment.atOffset(ZoneOffset.UTC));
    }
  }

  @Override
  public String match(Column column, Operator operator, Value value) {
    return switch (column.kind()) {
      case LIST -> "to_jsonb(" + name(column) + ") @> ?::jsonb";
      case DOCUMENT ->
          "CASE WHEN jsonb_typeof(%1$s::jsonb) = 'array' THEN %1$s::jsonb @> ?::jsonb END"
              .formatted(name(column));
      default -> text(compared(column), operator);
    };
  }

  private static String text(String text, Operator operator) {
    return switch (operator) {
      case OPERATOR_CONTAINS -> "strpos(" + text + ", ?::text) > 0";
      case OPERATOR_STARTS_WITH -> "starts_with(" + text + ", ?::text)";
      default -> "right(" + text + ", char_length(?::text)) = ?::text";
    };
  }

  @Override
  public int matchParameters(Column column, Operator operator) {
    return operator == Operator.OPERATOR_ENDS_WITH ? 2 : 1;
  }

  @Override
  public void bindMatch(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    if (column.kind() == Kind.LIST || column.kind() == Kind.DOCUMENT) {
      statement.setString(
          index, Documents.text(value.hasUuidValue() ? Values.of(value.getUuidValue()) : value));
    } else {
      statement.setString(index, value.getStringValue());
    }
  }

  @Override
  public String nullsFirst() {
    return " NULLS FIRST";
  }

  @Override
  public String nullsLast() {
    return " NULLS LAST";
  }

  @Override
  public String lock() {
    return " FOR UPDATE";
  }

  @Override
  public String written(Column column, Value value) {
    if (value.hasNullValue()) {
      return "?::text::" + column.nativeType();
    }
    return switch (column.kind()) {
      case BOOL -> "?::boolean";
      case INT64 -> "?::bigint";
      case DOUBLE -> "?::double precision";
      case DECIMAL -> "?::numeric";
      case BYTES -> "?::bytea";
      case TIMESTAMP -> isUtc(column) ? "?::timestamp" : "?::timestamptz";
      case DATE -> "?::date";
      case UUID -> "?::uuid";
      case LIST ->
          "ARRAY(SELECT e FROM jsonb_array_elements_text(?::jsonb) WITH ORDINALITY AS l(e, n) ORDER BY n)::%s"
              .formatted(column.nativeType());
      case DOCUMENT, ANY -> "?::text::" + column.nativeType();
      // A cast to a length would cut the text; an assignment refuses it.
      case STRING ->
          isText(column) || column.nativeType().startsWith("character")
              ? "?::text"
              : "?::text::" + column.nativeType();
    };
  }

  @Override
  public void bindWritten(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException {
    if (value.hasNullValue()) {
      statement.setNull(index, Types.VARCHAR);
      return;
    }
    switch (column.kind()) {
      case BOOL -> statement.setBoolean(index, Written.flag(column, value));
      case INT64 -> statement.setLong(index, Written.integer(column, value));
      case DOUBLE -> statement.setDouble(index, floating(column, value));
      case DECIMAL -> statement.setBigDecimal(index, decimal(column, value));
      case STRING -> statement.setString(index, Written.text(column, value));
      case BYTES -> statement.setBytes(index, Written.bytes(column, value));
      case TIMESTAMP -> setMoment(statement, index, column, moment(column, value));
      case DATE -> statement.setObject(index, Written.day(column, value));
      case UUID -> statement.setObject(index, UUID.fromString(Written.uuid(column, value)));
      case LIST, DOCUMENT, ANY -> statement.setString(index, Written.json(column, value));
    }
  }

  private static double floating(Column column, Value value) {
    double number = Written.floating(column, value);
    if (column.nativeType().equals("real")
        && !Double.isNaN(number)
        && Double.compare((float) number, number) != 0) {
      throw Written.doesNotFit(column, "a number that 32 bits hold");
    }
    return number;
  }

  private static BigDecimal decimal(Column column, Value value) {
    BigDecimal number = Written.number(column, value);
    Matcher scale = SCALE.matcher(column.nativeType());
    if (scale.matches()
        && number.signum() != 0
        && number.stripTrailingZeros().scale() > Integer.parseInt(scale.group(1))) {
      throw Written.doesNotFit(column, scale.group(1) + " digits after the point");
    }
    return number;
  }

  private static Instant moment(Column column, Value value) {
    Instant moment = Written.moment(column, value, ChronoUnit.MICROS);
    Matcher precision = PRECISION.matcher(column.nativeType());
    if (precision.matches()) {
      int digits = Integer.parseInt(precision.group(1));
      long micros = ChronoUnit.MICROS.between(Instant.EPOCH, moment);
      if (micros % (long) Math.pow(10, 6 - digits) != 0) {
        throw Written.doesNotFit(column, digits + " digits of a second");
      }
    }
    return moment;
  }

  @Override
  public Value value(ResultSet row, int index, Column column) throws SQLException {
    Value value =
        switch (column.kind()) {
          case BOOL -> Values.of(row.getBoolean(index));
          case INT64 -> Values.of(row.getLong(index));
          // The driver reads a real as one number in text and as another in binary.
          case DOUBLE ->
              Values.of(
                  column.nativeType().equals("real")
                      ? (double) row.getFloat(index)
                      : row.getDouble(index));
          case BYTES -> bytes(row, index);
          case TIMESTAMP -> moment(row, index, column);
          case DATE -> day(row, index);
          case DECIMAL, STRING, UUID, LIST, DOCUMENT, ANY ->
              text(row.getString(index), column.kind());
        };
    return row.wasNull() ? Values.NULL : value;
  }

  private static Value bytes(ResultSet row, int index) throws SQLException {
    byte[] bytes = row.getBytes(index);
    return bytes == null ? Values.NULL : Values.of(bytes);
  }

  private static Value text(@org.jspecify.annotations.Nullable String text, Kind kind) {
    if (text == null) {
      return Values.NULL;
    }
    return switch (kind) {
      case DECIMAL ->
          NUMBER.matcher(text).matches()
              ? Value.newBuilder().setDecimalValue(text).build()
              : Values.of(text); // NaN and the infinities
      case UUID -> Written.ofUuid(text);
      case LIST, DOCUMENT, ANY -> {
        Value document = Documents.parse(text);
        yield document == null ? Values.of(text) : document; // nested too deep
      }
      default -> Values.of(text);
    };
  }

  /** What is beyond the years of a timestamp, the infinities too, is text. */
  private static Value moment(ResultSet row, int index, Column column) throws SQLException {
    OffsetDateTime moment;
    if (isUtc(column)) {
      LocalDateTime local = row.getObject(index, LocalDateTime.class);
      if (local == null) {
        return Values.NULL;
      }
      if (local.equals(LocalDateTime.MAX) || local.equals(LocalDateTime.MIN)) {
        return Values.of(local.equals(LocalDateTime.MAX) ? "infinity" : "-infinity");
      }
      moment = local.atOffset(ZoneOffset.UTC);
    } else {
      moment = row.getObject(index, OffsetDateTime.class);
      if (moment == null) {
        return Values.NULL;
      }
      if (moment.equals(OffsetDateTime.MAX) || moment.equals(OffsetDateTime.MIN)) {
        return Values.of(moment.equals(OffsetDateTime.MAX) ? "infinity" : "-infinity");
      }
    }
    return moment.isBefore(FIRST) || moment.isAfter(LAST)
        ? Values.of(moment.toString())
        : Written.of(moment.toInstant());
  }

  private static Value day(ResultSet row, int index) throws SQLException {
    LocalDate day = row.getObject(index, LocalDate.class);
    if (day == null) {
      return Values.NULL;
    }
    if (day.equals(LocalDate.MAX) || day.equals(LocalDate.MIN)) {
      return Values.of(day.equals(LocalDate.MAX) ? "infinity" : "-infinity");
    }
    return Written.of(day);
  }
}
