package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Values become DynamoDB's attributes and attributes values, and none is rounded. */
class AttributesTest {
  private static final Column NAME = new Column("name", Kind.STRING, false, "S");
  private static final Column NUMBER = new Column("number", Kind.DECIMAL, false, "N");
  private static final Table TABLE =
      new Table("t", "n.t", List.of(NAME, NUMBER), List.of(NAME, NUMBER), true);

  private static AttributeValue n(String number) {
    return AttributeValue.fromN(number);
  }

  private static Value decimal(String digits) {
    return Value.newBuilder().setDecimalValue(digits).build();
  }

  private static Value list(Value... values) {
    return Value.newBuilder()
        .setListValue(ListValue.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "9223372036854775807", "-9223372036854775808", "1000000000000000000"})
  void aWholeNumberThatFitsIsInt64(String number) {
    assertThat(Attributes.value(n(number))).isEqualTo(Values.of(Long.parseLong(number)));
    assertThat(Attributes.attribute(Values.of(Long.parseLong(number)))).isEqualTo(n(number));
  }

  @ParameterizedTest
  @CsvSource({
    "9223372036854775808, 9223372036854775808",
    "-0.5, -0.5",
    "12345678901234567890123456789012345678, 12345678901234567890123456789012345678",
    "1.2345678901234567890123456789012345678, 1.2345678901234567890123456789012345678",
    "1E+22, 10000000000000000000000",
    "2.5e-3, 0.0025"
  })
  void anyOtherNumberIsADecimalWithAllOfItsDigits(String number, String digits) {
    assertThat(Attributes.value(n(number))).isEqualTo(decimal(digits));
    assertThat(Attributes.attribute(decimal(digits))).isEqualTo(n(digits));
  }

  @ParameterizedTest
  @CsvSource({"1.0, 1", "100E-2, 1", "1E+2, 100", "-0.0, 0"})
  void aNumberIsWholeHoweverItIsWritten(String number, long whole) {
    assertThat(Attributes.value(n(number))).isEqualTo(Values.of(whole));
  }

  @Test
  void theLeastAndTheGreatestNumberKeepTheirDigits() {
    for (String number : List.of("1E-130", "-9.9999999999999999999999999999999999999E+125")) {
      Value value = decimal(new BigDecimal(number).toPlainString());

      AttributeValue attribute = Objects.requireNonNull(Attributes.attribute(value));

      assertThat(new BigDecimal(attribute.n())).isEqualByComparingTo(number);
      assertThat(Attributes.value(attribute)).isEqualTo(value);
    }
  }

  @Test
  void aDoubleIsTheDigitsThatItIsWrittenWith() {
    assertThat(Attributes.attribute(Values.of(0.1))).isEqualTo(n("0.1"));
    assertThat(Attributes.attribute(Values.of(-0.0))).isEqualTo(n("0"));
    assertThat(Attributes.attribute(Values.of(1e22))).isEqualTo(n("10000000000000000000000"));
  }

  @Test
  void whatDynamoDbDoesNotHaveIsNoAttribute() {
    List<Value> others =
        List.of(
            Values.of(Double.NaN),
            Values.of(Double.NEGATIVE_INFINITY),
            Values.of(1e126),
            Values.of(1e-131),
            decimal("123456789012345678901234567890123456789"),
            decimal("0." + "0".repeat(130) + "1"),
            decimal("1" + "0".repeat(126)),
            Value.newBuilder().setTimestampValue(Timestamp.getDefaultInstance()).build(),
            Value.newBuilder()
                .setDateValue(Date.newBuilder().setYear(1).setMonth(1).setDay(1))
                .build(),
            Value.newBuilder().setUuidValue("00000000-0000-0000-0000-000000000000").build());

    for (Value value : others) {
      assertThat(Attributes.attribute(value)).as("%s", value).isNull();
      assertThat(Attributes.attribute(list(Values.NULL, value))).as("%s", value).isNull();
    }
  }

  @Test
  void whatIsNestedComesBackAsItIs() {
    Value value =
        Objects.requireNonNull(
            Documents.parse("{\"a\": [1, 2.5, null, true, \"\", {}], \"b\": {\"\": []}}"));

    AttributeValue attribute = Objects.requireNonNull(Attributes.attribute(value));

    assertThat(attribute.m().get("a").l().get(1)).isEqualTo(n("2.5"));
    assertThat(Attributes.value(attribute)).isEqualTo(value);
  }

  @Test
  void bytesNullAndTruthComeBackAsTheyAre() {
    for (Value value :
        List.of(
            Values.of(new byte[] {0, -1}), Values.of(new byte[0]), Values.NULL, Values.of(true))) {
      assertThat(Attributes.value(Objects.requireNonNull(Attributes.attribute(value))))
          .isEqualTo(value);
    }
  }

  @Test
  void aSetIsAList() {
    assertThat(Attributes.value(AttributeValue.fromSs(List.of("b", "a"))))
        .isEqualTo(list(Values.of("b"), Values.of("a")));
    assertThat(Attributes.value(AttributeValue.fromNs(List.of("1", "0.5"))))
        .isEqualTo(list(Values.of(1L), decimal("0.5")));
    assertThat(Attributes.value(AttributeValue.fromBs(List.of(SdkBytes.fromUtf8String("x")))))
        .isEqualTo(list(Values.of(new byte[] {'x'})));
  }

  @Test
  void aRowHasTheColumnsOfItsKeyFirst() {
    Map<String, AttributeValue> item =
        Map.of("b", n("1"), "number", n("2"), "a", n("3"), "name", AttributeValue.fromS("x"));

    Map<String, Value> row = Attributes.row(TABLE, item);

    assertThat(new ArrayList<>(row.keySet())).containsExactly("name", "number", "a", "b");
  }

  @Test
  void aKeyHasValuesOfTheKeysTypes() {
    assertThat(Attributes.key(TABLE, List.of(Values.of("x"), Values.of(2.0))))
        .isEqualTo(Map.of("name", AttributeValue.fromS("x"), "number", n("2")));
    for (Value name :
        List.of(Values.of(""), Values.of("x".repeat(2049)), Values.of(1L), Values.NULL)) {
      assertThat(Attributes.key(TABLE, List.of(name, Values.of(1L)))).isNull();
    }
    assertThat(Attributes.key(TABLE, List.of(Values.of("x"), Values.of(Double.NaN)))).isNull();
  }
}
