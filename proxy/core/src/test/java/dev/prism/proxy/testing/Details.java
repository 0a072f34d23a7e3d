package dev.prism.proxy.testing;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;

/** Reads the details of a failed call's status. */
public final class Details {
  private Details() {}

  /** The reason of its ErrorInfo. */
  public static String reason(Status status) {
    return of(status, ErrorInfo.class).getReason();
  }

  /** The one detail of a type. */
  public static <T extends Message> T of(Status status, Class<T> type) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("no " + type.getSimpleName() + " in " + status);
  }
}
