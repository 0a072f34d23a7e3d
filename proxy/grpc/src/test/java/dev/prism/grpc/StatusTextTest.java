package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusTextTest {
  @Test
  void printableCharactersStayAsTheyAreButThePercentSign() {
    // Given
    String text =
        IntStream.rangeClosed(' ', '~').mapToObj(Character::toString).collect(Collectors.joining());

    // When
    String encoded = StatusText.encode(text);

    // Then
    assertThat(encoded).isEqualTo(text.replace("%", "%25"));
  }

  @Test
  void whatIsNotPrintableIsEncodedByteForByte() {
    assertThat(StatusText.encode("tab\t, line\n, é, €"))
        .isEqualTo("tab%09, line%0A, %C3%A9, %E2%82%AC");
  }
}
