package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.system.testservice.Payload;
import dev.prism.system.testservice.ResponseParameters;
import dev.prism.system.testservice.SimpleRequest;
import dev.prism.system.testservice.StreamingInputCallRequest;
import dev.prism.system.testservice.StreamingInputCallResponse;
import dev.prism.system.testservice.StreamingOutputCallRequest;
import dev.prism.system.testservice.StreamingOutputCallResponse;
import dev.prism.system.testservice.TestServiceGrpc;
import dev.prism.system.testservice.TestServiceGrpc.TestServiceBlockingV2Stub;
import io.grpc.ManagedChannel;
import io.grpc.stub.BlockingClientCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The four kinds of calls, on gRPC's own test service. */
final class JavaTestServiceSteps {
  private static final int[] REQUEST_SIZES = {27182, 8, 1828, 45904};
  private static final int[] RESPONSE_SIZES = {31415, 9, 2653, 58979};

  private JavaTestServiceSteps() {}

  static void run(ManagedChannel channel) throws Exception {
    TestServiceBlockingV2Stub service =
        TestServiceGrpc.newBlockingV2Stub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);
    unary(service);
    System.out.println("unary");
    clientStreaming(service);
    System.out.println("client streaming");
    serverStreaming(service);
    System.out.println("server streaming");
    bidirectional(service);
    System.out.println("bidirectional");
  }

  private static void unary(TestServiceBlockingV2Stub service) throws Exception {
    SimpleRequest request =
        SimpleRequest.newBuilder().setResponseSize(314159).setPayload(payload(271828)).build();
    assertThat(service.unaryCall(request).getPayload().getBody().size()).isEqualTo(314159);
  }

  private static void clientStreaming(TestServiceBlockingV2Stub service) throws Exception {
    BlockingClientCall<StreamingInputCallRequest, StreamingInputCallResponse> call =
        service.streamingInputCall();
    for (int size : REQUEST_SIZES) {
      call.write(StreamingInputCallRequest.newBuilder().setPayload(payload(size)).build());
    }
    call.halfClose();
    assertThat(call.read().getAggregatedPayloadSize()).isEqualTo(74922);
    assertThat(call.read()).isNull();
  }

  private static void serverStreaming(TestServiceBlockingV2Stub service) throws Exception {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    for (int size : RESPONSE_SIZES) {
      request.addResponseParameters(ResponseParameters.newBuilder().setSize(size));
    }
    List<Integer> sizes = new ArrayList<>();
    BlockingClientCall<?, StreamingOutputCallResponse> call =
        service.streamingOutputCall(request.build());
    for (StreamingOutputCallResponse answer = call.read(); answer != null; answer = call.read()) {
      sizes.add(answer.getPayload().getBody().size());
    }
    assertThat(sizes).containsExactly(31415, 9, 2653, 58979);
  }

  /** Each request is sent after the answer to the one before. */
  private static void bidirectional(TestServiceBlockingV2Stub service) throws Exception {
    BlockingClientCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call =
        service.fullDuplexCall();
    for (int i = 0; i < REQUEST_SIZES.length; i++) {
      call.write(
          StreamingOutputCallRequest.newBuilder()
              .addResponseParameters(ResponseParameters.newBuilder().setSize(RESPONSE_SIZES[i]))
              .setPayload(payload(REQUEST_SIZES[i]))
              .build());
      assertThat(call.read().getPayload().getBody().size()).isEqualTo(RESPONSE_SIZES[i]);
    }
    call.halfClose();
    assertThat(call.read()).isNull();
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }
}
