package dev.prism.sdk.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ValuesTest {
  /** In their order; those of one line are equal. */
  private static final List<List<Value>> NUMBERS =
      List.of(
          List.of(Values.NULL),
          List.of(Values.of(Double.NEGATIVE_INFINITY)),
          List.of(decimal("-1e400")),
          List.of(Values.of(-1L), Values.of(-1.0), decimal("-1.0")),
          List.of(Values.of(0L), Values.of(-0.0), Values.of(0.0), decimal("0.00")),
          List.of(decimal("0.09999999999999999999")),
          List.of(Values.of(0.1), decimal("0.1"), decimal("0.10")),
          List.of(decimal("0.10000000000000000001")),
          List.of(Values.of(1L << 53), Values.of(0x1p53), decimal("9007199254740992")),
          List.of(Values.of((1L << 53) + 1), decimal("9007199254740993")),
          List.of(Values.of(0x1p63), decimal("9223372036854775808")),
          List.of(decimal("1e400")),
          List.of(Values.of(Double.POSITIVE_INFINITY)),
          List.of(Values.of(Double.NaN)));

  private static Value decimal(String digits) {
    return Values.of(new BigDecimal(digits));
  }

  @Test
  void numbersOfAllKindsHaveOneOrder() {
    for (int i = 0; i < NUMBERS.size(); i++) {
      for (int j = 0; j < NUMBERS.size(); j++) {
        int expected = Integer.compare(i, j);
        List<Value> others = NUMBERS.get(j);
        Stream<Integer> orders =
            NUMBERS.get(i).stream()
                .flatMap(one -> others.stream().map(other -> Values.order(one, other)))
                .map(Integer::signum);

        assertThat(orders).as("%s beside %s", NUMBERS.get(i), others).containsOnly(expected);
      }
    }
  }

  @Test
  void aDoubleIsEqualToEveryDecimalThatIsRoundedToIt() {
    assertThat(Values.equal(Values.of(0.1), decimal("0.1"))).isTrue();
    assertThat(Values.equal(Values.of(0.1), decimal("0.10000000000000000001"))).isTrue();
    assertThat(Values.equal(decimal("0.1"), decimal("0.10000000000000000001"))).isFalse();
  }
}
