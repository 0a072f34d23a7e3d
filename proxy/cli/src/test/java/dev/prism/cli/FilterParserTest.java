package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterParserTest {
  private static Filter compare(String column, Operator op, Value.Builder value) {
    return Filter.newBuilder()
        .setComparison(Comparison.newBuilder().setColumn(column).setOp(op).setValue(value.build()))
        .build();
  }

  private static Filter equal(String column, long value) {
    return compare(column, Operator.OPERATOR_EQUAL, Value.newBuilder().setInt64Value(value));
  }

  private static Filter all(Filter... filters) {
    return Filter.newBuilder()
        .setAllOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  private static Filter any(Filter... filters) {
    return Filter.newBuilder()
        .setAnyOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  private static Filter not(Filter filter) {
    return Filter.newBuilder().setNegation(filter).build();
  }

  private static Filter isNull(String column) {
    return Filter.newBuilder().setIsNull(column).build();
  }

  private static Value value(String literal) {
    return FilterParser.filter("c = " + literal).getComparison().getValue();
  }

  @Test
  void aFilterIsReadAsItIsMeant() {
    Filter filter =
        FilterParser.filter(
            "total > 100 and (status in ('new','paid') or note is null) and not name starts with 'A'");

    assertThat(filter)
        .isEqualTo(
            all(
                compare("total", Operator.OPERATOR_GREATER, Value.newBuilder().setInt64Value(100)),
                any(
                    Filter.newBuilder()
                        .setMembership(
                            Membership.newBuilder()
                                .setColumn("status")
                                .addValues(Value.newBuilder().setStringValue("new"))
                                .addValues(Value.newBuilder().setStringValue("paid")))
                        .build(),
                    isNull("note")),
                not(
                    compare(
                        "name",
                        Operator.OPERATOR_STARTS_WITH,
                        Value.newBuilder().setStringValue("A")))));
  }

  @Test
  void andBindsCloserThanOrAndNotCloserThanBoth() {
    assertThat(FilterParser.filter("a = 1 or b = 2 and not c = 3 or d = 4"))
        .isEqualTo(any(equal("a", 1), all(equal("b", 2), not(equal("c", 3))), equal("d", 4)));
    assertThat(FilterParser.filter("(a = 1 or b = 2) and c = 3"))
        .isEqualTo(all(any(equal("a", 1), equal("b", 2)), equal("c", 3)));
    assertThat(FilterParser.filter("not (a = 1 or not not b = 2)"))
        .isEqualTo(not(any(equal("a", 1), not(not(equal("b", 2))))));
    assertThat(FilterParser.filter("((a = 1))")).isEqualTo(equal("a", 1));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '|',
      value = {
        "=, EQUAL",
        "!=, NOT_EQUAL",
        "<>, NOT_EQUAL",
        "<, LESS",
        "<=, LESS_OR_EQUAL",
        ">, GREATER",
        ">=, GREATER_OR_EQUAL",
        "contains, CONTAINS",
        "starts with, STARTS_WITH",
        "ends with, ENDS_WITH"
      })
  void everyOperatorHasASign(String sign, String operator) {
    assertThat(FilterParser.filter("c " + sign + " 'x'").getComparison().getOp())
        .isEqualTo(Operator.valueOf("OPERATOR_" + operator));
  }

  @Test
  void signsNeedNoBlanksAndWordsNoCase() {
    assertThat(FilterParser.filter("a=1 AND\n\tb=-2 Or c Is Not Null"))
        .isEqualTo(any(all(equal("a", 1), equal("b", -2)), not(isNull("c"))));
    assertThat(FilterParser.filter("c Not In(1)").getMembership().getExcluded()).isTrue();
  }

  @Test
  void literalsHaveTheKindThatIsWritten() {
    Value.Builder value = Value.newBuilder();
    assertThat(value("-9223372036854775808"))
        .isEqualTo(value.setInt64Value(Long.MIN_VALUE).build());
    assertThat(value("9223372036854775808"))
        .isEqualTo(value.setDecimalValue("9223372036854775808").build());
    assertThat(value("1.50")).isEqualTo(value.setDoubleValue(1.5).build());
    assertThat(value("-2e-3")).isEqualTo(value.setDoubleValue(-0.002).build());
    assertThat(value("1E+3")).isEqualTo(value.setDoubleValue(1000).build());
    assertThat(value("decimal 1.50")).isEqualTo(value.setDecimalValue("1.50").build());
    assertThat(value("decimal -7")).isEqualTo(value.setDecimalValue("-7").build());
    assertThat(value("true")).isEqualTo(value.setBoolValue(true).build());
    assertThat(value("FALSE")).isEqualTo(value.setBoolValue(false).build());
    assertThat(value("''")).isEqualTo(value.setStringValue("").build());
    assertThat(value("'it''s \"grün\"'")).isEqualTo(value.setStringValue("it's \"grün\"").build());
    assertThat(value("x'00fF'"))
        .isEqualTo(value.setBytesValue(ByteString.copyFrom(new byte[] {0, (byte) 0xff})).build());
    assertThat(value("date '2024-02-29'"))
        .isEqualTo(
            value.setDateValue(Date.newBuilder().setYear(2024).setMonth(2).setDay(29)).build());
    assertThat(value("timestamp '1970-01-01T01:00:01.5+01:00'"))
        .isEqualTo(
            value
                .setTimestampValue(Timestamp.newBuilder().setSeconds(1).setNanos(500_000_000))
                .build());
    assertThat(value("uuid 'F81D4FAE-7dec-11d0-a765-00a0c91e6bf6'"))
        .isEqualTo(value.setUuidValue("f81d4fae-7dec-11d0-a765-00a0c91e6bf6").build());
  }

  @Test
  void aColumnMayHaveAnyNameBetweenDoubleQuotesAndMostWithout() {
    assertThat(FilterParser.filter("\"a \"\"b\"\" and\" = 1")).isEqualTo(equal("a \"b\" and", 1));
    assertThat(FilterParser.filter("\"not\" = 1")).isEqualTo(equal("not", 1));
    assertThat(FilterParser.filter("date = 1 and größe_2.x-y = 1 and in = 1"))
        .isEqualTo(all(equal("date", 1), equal("größe_2.x-y", 1), equal("in", 1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '|',
      value = {
        "|| # 0 # a column is expected",
        "total # 5 # a test is expected",
        "total > # 7 # a value is expected",
        "total > and b = 1 # 8 # a value is expected",
        "total > 1 b # 10 # nothing more is expected",
        "total > 1) # 9 # nothing more is expected",
        "(total > 1 # 10 # ')' is expected",
        "and = 1 # 0 # a column is expected",
        "a = 1 and # 9 # a column is expected",
        "a = null # 4 # write 'is null'",
        "a is 1 # 5 # 'null' is expected",
        "a starts 'x' # 9 # 'with' is expected",
        "a not 1 # 6 # 'in' is expected",
        "a in 1 # 5 # '(' is expected",
        "a in () # 6 # a value is expected",
        "a in (1, # 8 # a value is expected",
        "a = 'x # 4 # has no end",
        "a = 12ab # 4 # is no number",
        "a = b # 4 # a value is expected",
        "a ? 1 # 2 # means nothing",
        "a = date '2023-02-29' # 9 # must exist",
        "a = timestamp '2023-02-28 10:00' # 14 # with its zone",
        "a = uuid '1' # 9 # a UUID is written",
        "a = x'0' # 5 # pairs of",
        "a = date 5 # 9 # between single quotes",
        "a = decimal 1e5 # 12 # without an exponent"
      })
  void whatIsNoFilterIsShownWithItsPlace(String text, int place, String message) {
    UserError error = catchThrowableOfType(UserError.class, () -> FilterParser.filter(text));

    assertThat(error.lines()).hasSize(3);
    assertThat(error.lines().getFirst()).contains(message);
    assertThat(error.lines().get(1)).isEqualTo("  " + text);
    assertThat(error.lines().get(2)).isEqualTo("  " + " ".repeat(place) + "^");
  }

  @Test
  void ofSeveralLinesTheOneIsShownThatIsWrong() {
    UserError error =
        catchThrowableOfType(
            UserError.class,
            () -> FilterParser.filter("a = '🙂' and\n\tb = '🙂' and c ? 1\nor d = 1"));

    assertThat(error.lines())
        .containsExactly("'?' means nothing", "   b = '🙂' and c ? 1", "                 ^");
  }

  @ParameterizedTest
  @ValueSource(strings = {"not ", "("})
  void aFilterIsNestedAsDeepAsTheContractHasItAndNoDeeper(String each) {
    String end = each.equals("(") ? ")" : "";

    assertThat(FilterParser.filter(each.repeat(31) + "a = 1" + end.repeat(31))).isNotNull();
    UserError error =
        catchThrowableOfType(
            UserError.class,
            () -> FilterParser.filter(each.repeat(100_000) + "a = 1" + end.repeat(100_000)));
    assertThat(error.lines().getFirst()).contains("nested 32 deep");
  }

  @Test
  void anOrderHasColumnsEachUpOrDown() {
    assertThat(FilterParser.order("total desc, name, \"a b\" ASC"))
        .containsExactly(
            Sort.newBuilder().setColumn("total").setDescending(true).build(),
            Sort.newBuilder().setColumn("name").build(),
            Sort.newBuilder().setColumn("a b").build());
    UserError error = catchThrowableOfType(UserError.class, () -> FilterParser.order("a up"));
    assertThat(error.lines().get(2)).isEqualTo("    ^");
  }

  @Test
  void columnsStandBetweenCommas() {
    assertThat(FilterParser.columns("id, total,\"a,b\"")).containsExactly("id", "total", "a,b");
  }
}
