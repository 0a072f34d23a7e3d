package dev.prism.sdk.rows;

import dev.prism.type.v1.Value;

/** What a column holds, as {@code prism.type.v1.Value} has it. */
public enum Kind {
  /** Whatever a row has there: the backend knows no type. */
  ANY,
  BOOL,
  INT64,
  DOUBLE,
  DECIMAL,
  STRING,
  BYTES,
  TIMESTAMP,
  DATE,
  UUID,
  /** Values in order. */
  LIST,
  /** A list, a map or a single value, as JSON has them. */
  DOCUMENT;

  /** Whether it is a number. */
  public boolean isNumber() {
    return this == INT64 || this == DOUBLE || this == DECIMAL;
  }

  /** Whether rows can be put in the order of such a column. */
  public boolean isOrdered() {
    return this != LIST && this != DOCUMENT;
  }

  /** The kind of a single value; ANY for null, LIST for a list, DOCUMENT for a map. */
  public static Kind of(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE, KIND_NOT_SET -> ANY;
      case BOOL_VALUE -> BOOL;
      case INT64_VALUE -> INT64;
      case DOUBLE_VALUE -> DOUBLE;
      case DECIMAL_VALUE -> DECIMAL;
      case STRING_VALUE -> STRING;
      case BYTES_VALUE -> BYTES;
      case TIMESTAMP_VALUE -> TIMESTAMP;
      case DATE_VALUE -> DATE;
      case UUID_VALUE -> UUID;
      case LIST_VALUE -> LIST;
      case MAP_VALUE -> DOCUMENT;
    };
  }

  /** Whether a column of this kind compares with a single value of the other. */
  public boolean comparesWith(Kind value) {
    if (!value.isOrdered() || !isOrdered()) {
      return false;
    }
    return this == ANY || value == ANY || this == value || (isNumber() && value.isNumber());
  }
}
