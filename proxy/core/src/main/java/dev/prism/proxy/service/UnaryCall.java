package dev.prism.proxy.service;

import com.google.rpc.Code;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.route.CallFailedException;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/** One request, one answer. */
final class UnaryCall extends DataCall {
  UnaryCall(Context context, ServerCall<byte[], byte[]> call, Metadata metadata) {
    super(context, call, metadata);
  }

  @Override
  int answer(Passage passage) throws CallFailedException {
    byte[] response = context.router().call(passage);
    if (!cancellation.finish()) {
      return Code.CANCELLED_VALUE;
    }
    timeReply(passage);
    call.sendHeaders(new Metadata());
    call.sendMessage(response);
    call.close(Status.OK, Answers.trailers(passage));
    return Code.OK_VALUE;
  }
}
