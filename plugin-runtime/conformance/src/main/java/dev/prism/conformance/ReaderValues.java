package dev.prism.conformance;

import static dev.prism.conformance.ReaderFixture.rows;
import static dev.prism.conformance.TableSpec.column;
import static dev.prism.conformance.TableSpec.nullable;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Every kind of value comes back as it was put in, the least and the greatest too. */
public interface ReaderValues extends ReaderFixture {
  static Value decimal(String text) {
    return Values.of(new BigDecimal(text));
  }

  static Value uuid(String text) {
    return Value.newBuilder().setUuidValue(text).build();
  }

  static Value bytes(int... bytes) {
    ByteString.Output out = ByteString.newOutput();
    for (int each : bytes) {
      out.write(each);
    }
    return Value.newBuilder().setBytesValue(out.toByteString()).build();
  }

  static Value moment(long seconds, int micros) {
    return Value.newBuilder()
        .setTimestampValue(Timestamp.newBuilder().setSeconds(seconds).setNanos(micros * 1000))
        .build();
  }

  static Value day(int year, int month, int day) {
    return Value.newBuilder()
        .setDateValue(Date.newBuilder().setYear(year).setMonth(month).setDay(day))
        .build();
  }

  static Value list(Value... values) {
    return Value.newBuilder()
        .setListValue(ListValue.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  static Value document(String json) {
    return Objects.requireNonNull(Documents.parse(json));
  }

  /** Values of a kind, in their order. */
  static List<Value> examples(Kind kind) {
    return switch (kind) {
      case BOOL -> List.of(Values.of(false), Values.of(true));
      case INT64 ->
          List.of(
              Values.of(Long.MIN_VALUE),
              Values.of(-1L),
              Values.of(0L),
              Values.of(1L),
              Values.of(Long.MAX_VALUE));
      case DOUBLE ->
          List.of(
              Values.of(Double.NEGATIVE_INFINITY),
              Values.of(-Double.MAX_VALUE),
              Values.of(-0.1),
              Values.of(0.0),
              Values.of(Double.MIN_VALUE),
              Values.of(0.1),
              Values.of(1e300),
              Values.of(Double.POSITIVE_INFINITY));
      case DECIMAL ->
          List.of(
              decimal("-99999999999999999999999999.99"),
              decimal("-0.5"),
              decimal("0"),
              decimal("0.10"),
              decimal("2"),
              decimal("10"),
              decimal("12345678901234567890.123456789"));
      case STRING ->
          List.of(
              Values.of(""),
              Values.of("%"),
              Values.of("' OR 1=1 --"),
              Values.of("A"),
              Values.of("_"),
              Values.of("a"),
              Values.of("line\nbreak\ttab"),
              Values.of("é"),
              Values.of("日本"),
              Values.of("🙂"));
      case BYTES -> List.of(bytes(), bytes(0), bytes(0, 1), bytes(127), bytes(128, 0), bytes(255));
      case TIMESTAMP ->
          List.of(
              moment(-62_135_596_800L, 0),
              moment(-1, 999_999),
              moment(0, 0),
              moment(1_764_400_000L, 123_456),
              moment(253_402_300_799L, 999_999));
      case DATE -> List.of(day(1, 1, 1), day(1969, 12, 31), day(2024, 2, 29), day(9999, 12, 31));
      case UUID ->
          List.of(
              uuid("00000000-0000-0000-0000-000000000000"),
              uuid("7f000000-1111-4222-8333-444444444444"),
              uuid("80000000-1111-4222-8333-444444444444"),
              uuid("ffffffff-ffff-ffff-ffff-ffffffffffff"));
      case LIST ->
          List.of(
              list(), list(Values.of("a")), list(Values.of("b"), Values.of("a b"), Values.of("")));
      case DOCUMENT ->
          List.of(
              document("{}"),
              document(
                  "{\"a\": [1, 2.5, null, true, \"x\"], \"b\": {\"c\": \"\\u0000\\\"\"}}"
                      .replace("\\u0000", "")),
              document("[1, \"two\"]"));
      case ANY -> List.of();
    };
  }

  @Test
  default void everyKindOfValueComesBackAsItIs() {
    for (Kind kind : tables().kinds()) {
      TableSpec spec =
          new TableSpec(
              List.of(column("number", Kind.INT64), nullable("v", kind)), List.of("number"));
      List<Map<String, Value>> written = new ArrayList<>();
      for (Value value : examples(kind)) {
        written.add(Map.of("number", Values.of((long) written.size()), "v", value));
      }
      Map<String, Value> without = new HashMap<>();
      without.put("number", Values.of((long) written.size()));
      written.add(without);
      String table = tableOf(spec, written);

      List<Map<String, Value>> read =
          rows(
              pages(
                  ReadRequest.newBuilder()
                      .setCollection(table)
                      .addAllColumns(List.of("number", "v"))
                      .build()));

      without.put("v", Values.NULL);
      assertThat(read).as("%s", kind).isEqualTo(written);
    }
  }
}
