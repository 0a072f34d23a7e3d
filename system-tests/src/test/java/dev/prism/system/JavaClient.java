package dev.prism.system;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/**
 * The Java client (grpc-netty-shaded) of the client tests: each step is a call or a few, and is
 * printed once its answers were right.
 */
final class JavaClient {
  private static final int MAX_MESSAGE = 8 << 20;

  private JavaClient() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      throw new IllegalArgumentException("usage: JavaClient prism|queue|rows|testservice ENDPOINT");
    }
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(arguments[1])
            .usePlaintext()
            .maxInboundMessageSize(MAX_MESSAGE)
            .build();
    try {
      switch (arguments[0]) {
        case "prism" -> JavaPrismSteps.run(channel);
        case "queue" -> JavaQueueSteps.run(channel);
        case "rows" -> JavaRowsSteps.run(channel);
        case "testservice" -> JavaTestServiceSteps.run(channel);
        default -> throw new IllegalArgumentException("no such set of steps: " + arguments[0]);
      }
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }
}
