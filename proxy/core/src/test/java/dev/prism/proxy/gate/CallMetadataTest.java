package dev.prism.proxy.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallMetadataTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  @ParameterizedTest
  @CsvSource({
    "1S,1000000000",
    "250m,250000000",
    "7u,7000",
    "99999999n,99999999",
    "2M,120000000000"
  })
  void aTimeoutIsReadInItsUnit(String header, long nanos) {
    assertThat(Deadlines.timeoutNanos(with("grpc-timeout", header), HOUR)).isEqualTo(nanos);
  }

  @Test
  void aTimeoutOverTheLimitIsCut() {
    assertThat(Deadlines.timeoutNanos(with("grpc-timeout", "99999999H"), HOUR)).isEqualTo(HOUR);
  }

  @Test
  void withoutATimeoutTheLimitHolds() {
    assertThat(Deadlines.timeoutNanos(new Metadata(), HOUR)).isEqualTo(HOUR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"S", "1", "-1S", "1s", "123456789S", "1 S", "x"})
  void aTimeoutOfAnotherFormIsRefused(String header) {
    PrismException refusal =
        catchThrowableOfType(
            PrismException.class, () -> Deadlines.timeoutNanos(with("grpc-timeout", header), HOUR));

    assertThat(refusal.reason()).isEqualTo(Reason.REQUEST_MALFORMED);
  }

  @Test
  void aValidRequestIdIsKept() {
    assertThat(RequestIds.requestId(with("prism-request-id", "a.B-9_"))).isEqualTo("a.B-9_");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "with space",
        "quote\"",
        "{x}",
        "0123456789012345678901234567890123456789012345678901234567890123456789"
      })
  void aRequestIdThatCouldForgeALogLineIsReplaced(String given) {
    assertThat(RequestIds.requestId(with("prism-request-id", given))).matches("[0-9a-f]{16}");
  }

  @Test
  void aValidTraceparentIsKept() {
    String given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    assertThat(RequestIds.traceparent(with("traceparent", given))).isEqualTo(given);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "nonsense"
      })
  void aTraceparentThatIsNotValidIsNone(String given) {
    assertThat(RequestIds.traceparent(with("traceparent", given))).isNull();
  }

  @Test
  void aCallWithoutATraceparentIsGivenNone() {
    assertThat(RequestIds.traceparent(new Metadata())).isNull();
  }

  private static Metadata with(String name, String value) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return metadata;
  }
}
