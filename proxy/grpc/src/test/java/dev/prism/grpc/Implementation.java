package dev.prism.grpc;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * What a behaviour of gRPC is asserted of: grpc-java's own server first, which shows that the test
 * asks for nothing but what gRPC is, then Prism's.
 */
public enum Implementation {
  GRPC_NETTY {
    @Override
    public Running start(@Nullable TlsFiles tls, List<ServerServiceDefinition> services)
        throws IOException {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(LOOPBACK, 0))
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .maxInboundMessageSize(MAX_MESSAGE)
              .addServices(services);
      if (tls != null) {
        SslContextBuilder ssl =
            GrpcSslContexts.forServer(tls.certificateChain().toFile(), tls.privateKey().toFile());
        if (tls.clientAuthorities() != null) {
          ssl.clientAuth(ClientAuth.REQUIRE).trustManager(tls.clientAuthorities().toFile());
        }
        builder.sslContext(ssl.build());
      }
      Server server = builder.build().start();
      return new Running(server.getPort(), server::shutdownNow);
    }
  },

  PRISM {
    @Override
    public Running start(@Nullable TlsFiles tls, List<ServerServiceDefinition> services)
        throws IOException {
      GrpcHost host =
          GrpcHost.start(
              new GrpcHost.Settings(Engine.PRISM, MAX_MESSAGE, FAILURES),
              List.of(new GrpcHost.Socket("test", LOOPBACK, 0, services, List.of(), tls)));
      return new Running(host.port("test"), host::close);
    }
  };

  /** The largest request, in bytes. */
  public static final int MAX_MESSAGE = 4 << 20;

  /** What grpc-java answers: nothing of what was thrown. */
  public static final Failures FAILURES =
      new Failures() {
        @Override
        public Answer thrown(String method, Metadata requestHeaders, Throwable failure) {
          return new Answer(Status.UNKNOWN, new Metadata());
        }

        @Override
        public Answer refused(String method, Metadata requestHeaders, Status status) {
          return new Answer(status, new Metadata());
        }
      };

  static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  /** Starts on a free port of loopback. */
  public abstract Running start(@Nullable TlsFiles tls, List<ServerServiceDefinition> services)
      throws IOException;

  /** A server that listens; closing ends it and whatever is under way. */
  public record Running(int port, Runnable stop) implements AutoCloseable {
    @Override
    public void close() {
      stop.run();
    }
  }
}
