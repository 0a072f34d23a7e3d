package dev.prism.sdk.runtime;

import com.google.protobuf.Message;
import dev.prism.grpc.Engine;
import dev.prism.grpc.Failures;
import dev.prism.grpc.GrpcHost;
import dev.prism.plugin.v1.HealthServiceGrpc;
import dev.prism.plugin.v1.InfoRequest;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.LiveRequest;
import dev.prism.plugin.v1.LiveResponse;
import dev.prism.plugin.v1.MetricsRequest;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.MetricsServiceGrpc;
import dev.prism.plugin.v1.PluginInfoServiceGrpc;
import dev.prism.plugin.v1.ReadyRequest;
import dev.prism.plugin.v1.ReadyResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every plugin offers (RFC 6.2), over gRPC: for whoever watches a plugin on its own. */
final class StandaloneServices {
  private static final Logger LOG = LoggerFactory.getLogger(StandaloneServices.class);

  /** The requests are empty. */
  private static final int MAX_REQUEST_BYTES = 64 << 10;

  private StandaloneServices() {}

  /**
   * Serves on 127.0.0.1.
   *
   * @throws IOException where the port is taken
   */
  static GrpcHost start(PluginCalls calls, int port) throws IOException {
    return GrpcHost.start(
        new GrpcHost.Settings(Engine.PRISM, MAX_REQUEST_BYTES, new Refusals()),
        List.of(
            new GrpcHost.Socket(
                "plugin",
                InetAddress.getLoopbackAddress(),
                port,
                List.of(
                    new Health(calls).bindService(),
                    new Metrics(calls).bindService(),
                    new Info(calls).bindService()),
                List.of(),
                null)));
  }

  private static final class Health extends HealthServiceGrpc.HealthServiceImplBase {
    private final PluginCalls calls;

    Health(PluginCalls calls) {
      this.calls = calls;
    }

    @Override
    public void live(LiveRequest request, StreamObserver<LiveResponse> answer) {
      finish(answer, calls.live());
    }

    @Override
    public void ready(ReadyRequest request, StreamObserver<ReadyResponse> answer) {
      finish(answer, calls.ready());
    }
  }

  private static final class Metrics extends MetricsServiceGrpc.MetricsServiceImplBase {
    private final PluginCalls calls;

    Metrics(PluginCalls calls) {
      this.calls = calls;
    }

    @Override
    public void getMetrics(MetricsRequest request, StreamObserver<MetricsResponse> answer) {
      finish(answer, calls.metrics());
    }
  }

  private static final class Info extends PluginInfoServiceGrpc.PluginInfoServiceImplBase {
    private final PluginCalls calls;

    Info(PluginCalls calls) {
      this.calls = calls;
    }

    @Override
    public void getInfo(InfoRequest request, StreamObserver<InfoResponse> answer) {
      finish(answer, calls.info());
    }
  }

  private static <T extends Message> void finish(StreamObserver<T> answer, T response) {
    answer.onNext(response);
    answer.onCompleted();
  }

  /** What the services do not answer themselves. */
  private static final class Refusals implements Failures {
    @Override
    public Answer thrown(String method, Metadata requestHeaders, Throwable failure) {
      LOG.atError().setCause(failure).addKeyValue("operation", method).log("a call failed");
      return new Answer(
          Status.INTERNAL.withDescription("the plugin failed; its log has the cause"),
          new Metadata());
    }

    @Override
    public Answer refused(String method, Metadata requestHeaders, Status status) {
      return new Answer(status, new Metadata());
    }
  }
}
