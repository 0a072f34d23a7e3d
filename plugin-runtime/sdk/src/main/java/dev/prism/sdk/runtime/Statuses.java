package dev.prism.sdk.runtime;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.status.Reason;

/** Reads typed statuses. */
final class Statuses {
  private Statuses() {}

  /** The reason in the status's ErrorInfo; {@code INTERNAL} where it has none. */
  static String reason(Status status) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return Reason.valueOf(detail.unpack(ErrorInfo.class).getReason()).name();
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
          return Reason.INTERNAL.name();
        }
      }
    }
    return Reason.INTERNAL.name();
  }
}
