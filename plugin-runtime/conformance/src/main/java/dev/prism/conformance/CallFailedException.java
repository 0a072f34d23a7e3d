package dev.prism.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.status.PrismException;

/** A call was answered with a status. */
public final class CallFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Status status;

  public CallFailedException(Status status) {
    super(Code.forNumber(status.getCode()) + " " + reason(status) + ": " + status.getMessage());
    this.status = status;
  }

  /** The whole answer. */
  public Status status() {
    return status;
  }

  /** The ErrorInfo's reason; empty where there is no ErrorInfo of Prism's. */
  public String reason() {
    return reason(status);
  }

  /** The reason of any status: those within batch answers too. */
  public static String reason(Status status) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        ErrorInfo info = unpack(detail);
        if (info.getDomain().equals(PrismException.DOMAIN)) {
          return info.getReason();
        }
      }
    }
    return "";
  }

  private static ErrorInfo unpack(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an ErrorInfo that does not parse", e);
    }
  }
}
