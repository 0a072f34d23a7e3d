package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "10s,PT10S", "5m,PT5M", "2h,PT2H", "7d,PT168H"})
  void timesAreReadWithTheirUnit(String text, Duration time) {
    assertThat(new Units.TimeConverter().convert(text)).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "s", "-5s", "1.5s", "10 s", "10w", "99999999999999s"})
  void whatIsNoTimeIsRefusedWithAnExample(String text) {
    assertThatThrownBy(() -> new Units.TimeConverter().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("such as 10s");
  }

  @ParameterizedTest
  @CsvSource({"0,0ms", "999,999ms", "12000,12s", "61000,1m 1s", "7260000,2h 1m", "270000000,3d 3h"})
  void timesAreWrittenInTheirTwoLargestUnits(long millis, String text) {
    assertThat(Units.time(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0,0 B", "1023,1023 B", "1024,1.0 KiB", "64277709,61.3 MiB", "5497558138880,5.0 TiB"})
  void sizesAreWrittenInUnitsOf1024(long bytes, String text) {
    assertThat(Units.size(bytes)).isEqualTo(text);
  }

  @Test
  void timesGoToTheContractAndBack() {
    Duration time = Duration.ofMillis(1500);
    assertThat(Units.of(Units.of(time))).isEqualTo(time);
  }
}
