package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.status.Reason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a failed call told its caller. */
final class Errors {
  private Errors() {}

  /** Asserts that {@code call} fails with {@code reason} and the code that goes with it. */
  static void assertFails(Reason reason, ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).as("a failure with " + reason).isNotNull();
    assertThat(failure.getStatus().getCode().value())
        .as("code of " + failure.getStatus())
        .isEqualTo(reason.code().getNumber());
    assertThat(reasonOf(failure)).isEqualTo(reason.name());
    assertThat(failure.getStatus().getDescription())
        .isNotBlank()
        .doesNotContain("Exception")
        .doesNotContain("SQL");
  }

  /** The reason in the failure's ErrorInfo. */
  static String reasonOf(StatusRuntimeException failure) {
    Status status = StatusProto.fromThrowable(failure);
    assertThat(status).as("details of " + failure.getStatus()).isNotNull();
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          assertThat(info.getDomain()).isEqualTo("prism.dev");
          return info.getReason();
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("no ErrorInfo in " + status);
  }
}
