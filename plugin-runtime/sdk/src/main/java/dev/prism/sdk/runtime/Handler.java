package dev.prism.sdk.runtime;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import dev.prism.link.InboundCall;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;

/** Serves one method. */
@FunctionalInterface
interface Handler {
  /**
   * Takes the call, on the link's thread: answers it, or hands it on. What it throws is the answer.
   */
  void take(InboundCall call, Operation operation, long arrivedNanos);

  /**
   * The request's message; its byte fields refer to the request's own bytes.
   *
   * @throws PrismException REQUEST_MALFORMED
   */
  static <M extends Message> M parse(Parser<M> parser, InboundCall call) {
    CodedInputStream input = UnsafeByteOperations.unsafeWrap(call.request()).newCodedInput();
    input.enableAliasing(true);
    try {
      M message = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return message;
    } catch (IOException e) {
      throw PrismException.of(
          Reason.REQUEST_MALFORMED, "the request's bytes are no message of this method's type");
    }
  }
}
