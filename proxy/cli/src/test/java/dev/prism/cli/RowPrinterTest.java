package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.Row;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowPrinterTest {
  private static final Value NULL = Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();

  private static Value of(long number) {
    return Value.newBuilder().setInt64Value(number).build();
  }

  private static Value of(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value ofDecimal(String text) {
    return Value.newBuilder().setDecimalValue(text).build();
  }

  private static Value ofDouble(double number) {
    return Value.newBuilder().setDoubleValue(number).build();
  }

  private static Value bytes() {
    return Value.newBuilder()
        .setBytesValue(ByteString.copyFrom(new byte[] {0, (byte) 0xff}))
        .build();
  }

  private static Value moment() {
    return Value.newBuilder()
        .setTimestampValue(Timestamp.newBuilder().setSeconds(1).setNanos(123_456_000))
        .build();
  }

  private static Value day() {
    return Value.newBuilder()
        .setDateValue(Date.newBuilder().setYear(987).setMonth(2).setDay(3))
        .build();
  }

  private static Value list() {
    return Value.newBuilder()
        .setListValue(
            ListValue.newBuilder()
                .addValues(of("a"))
                .addValues(ofDecimal("2.50"))
                .addValues(
                    Value.newBuilder().setMapValue(MapValue.newBuilder().putEntries("k", NULL))))
        .build();
  }

  private static Page page(List<String> columns, List<List<Value>> rows) {
    Page.Builder page = Page.newBuilder().addAllColumns(columns);
    rows.forEach(row -> page.addRows(Row.newBuilder().addAllValues(row)));
    return page.build();
  }

  @Test
  void everyKindOfValueHasItsFormInJson() {
    Page page =
        page(
            List.of("n", "b", "i", "d", "nan", "dec", "s", "x", "t", "day", "u", "l"),
            List.of(
                List.of(
                    NULL,
                    Value.newBuilder().setBoolValue(true).build(),
                    of(Long.MIN_VALUE),
                    ofDouble(0.1),
                    ofDouble(Double.NaN),
                    ofDecimal("-00.00000001234500"),
                    of("a\"<é\n"),
                    bytes(),
                    moment(),
                    day(),
                    Value.newBuilder().setUuidValue("f81d4fae").build(),
                    list())));

    assertThat(new RowPrinter.Lines().text(page))
        .isEqualTo(
            """
            {"n":null,"b":true,"i":-9223372036854775808,"d":0.1,"nan":"NaN","dec":-0.00000001234500,\
            "s":"a\\"<é\\n","x":"AP8=","t":"1970-01-01T00:00:01.123456Z","day":"0987-02-03","u":"f81d4fae",\
            "l":["a",2.50,{"k":null}]}
            """);
  }

  @Test
  void anEmptyPageIsNoLineOfJson() {
    assertThat(new RowPrinter.Lines().text(page(List.of("a"), List.of()))).isEmpty();
  }

  @Test
  void aGridHasOneHeadingAndNumbersStandRight() {
    RowPrinter.Grid grid = new RowPrinter.Grid();

    String first =
        grid.text(
            page(
                List.of("id", "name", "when"),
                List.of(List.of(of(7), of("a"), moment()), List.of(of(1234), of("é\tb"), NULL))));
    String second =
        grid.text(page(List.of("id", "name", "when"), List.of(List.of(of(8), of("c"), NULL))));

    assertThat(first)
        .isEqualTo(
            """
              id  name  when
               7  a     1970-01-01T00:00:01.123456Z
            1234  é\\tb  -
            """);
    assertThat(second).isEqualTo("   8  c     -\n");
  }

  @Test
  void aGridGrowsWithItsCellsAsFarAsTheyMay() {
    RowPrinter.Grid grid = new RowPrinter.Grid();
    grid.text(page(List.of("a", "b"), List.of(List.of(of("x"), of("y")))));

    String wide =
        grid.text(page(List.of("a", "b"), List.of(List.of(of("🙂".repeat(1000)), of("y")))));
    String after = grid.text(page(List.of("a", "b"), List.of(List.of(of("x"), of("y")))));

    assertThat(wide).isEqualTo("🙂".repeat(39) + "…  y\n");
    assertThat(after).isEqualTo("x" + " ".repeat(41) + "y\n");
  }

  @Test
  void aPageOfOtherColumnsHasAHeadingOfItsOwn() {
    RowPrinter.Grid grid = new RowPrinter.Grid();
    grid.text(page(List.of("a"), List.of(List.of(of("x")))));

    assertThat(grid.text(page(List.of("bytes", "list"), List.of(List.of(bytes(), list())))))
        .isEqualTo("bytes    list\nx'00ff'  [\"a\",2.50,{\"k\":null}]\n");
    assertThat(grid.text(page(List.of("none"), List.of()))).isEqualTo("none\n");
  }
}
