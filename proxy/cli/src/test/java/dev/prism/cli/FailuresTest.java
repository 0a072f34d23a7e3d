package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static final String ENDPOINT = "127.0.0.1:8980";

  @Test
  void whereNothingAnswersItSaysHowToStartPrism() {
    StatusRuntimeException refused =
        new StatusRuntimeException(io.grpc.Status.UNAVAILABLE.withDescription("io exception"));
    assertThat(Failures.explain(refused, ENDPOINT))
        .singleElement()
        .asString()
        .contains("nothing answers at 127.0.0.1:8980")
        .contains("./prism up");
  }

  @Test
  void aPrismErrorIsToldWithStatusReasonMessageAndWhatToDoNext() {
    Status status = PrismException.status(Reason.CONFIG_NOT_FOUND, "there is no config 'x'");
    assertThat(Failures.explain(status, ENDPOINT))
        .containsExactly(
            "NOT_FOUND CONFIG_NOT_FOUND: there is no config 'x'",
            "./prism config list shows the configs; choose one with --config");
  }

  @Test
  void everyFieldViolationHasALine() {
    PrismException invalid =
        PrismException.invalid(
            Reason.CONFIG_INVALID,
            "the config is not valid",
            List.of(new Violation("backend.type", "needed"), new Violation("pattern", "needed")));
    assertThat(Failures.explain(invalid.status(), ENDPOINT))
        .containsExactly(
            "INVALID_ARGUMENT CONFIG_INVALID: the config is not valid",
            "  backend.type: needed",
            "  pattern: needed");
  }

  @Test
  void aPortThatIsNotPrismsIsSuspected() {
    Status status = Status.newBuilder().setCode(Code.UNIMPLEMENTED_VALUE).build();
    assertThat(Failures.explain(status, ENDPOINT))
        .singleElement()
        .asString()
        .contains("is it Prism's port");
  }
}
