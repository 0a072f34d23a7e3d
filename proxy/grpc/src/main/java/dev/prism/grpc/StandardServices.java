package dev.prism.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.InternalServer;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Services that every gRPC server is expected to have. */
public final class StandardServices {
  private StandardServices() {}

  /**
   * Server reflection v1 over the given services, so that grpcurl and the like need no .proto
   * files. Services need a {@link io.grpc.protobuf.ProtoFileDescriptorSupplier} as their schema.
   */
  public static ServerServiceDefinition reflection(List<ServerServiceDefinition> services) {
    Server listing = new Listing(List.copyOf(services));
    // grpc-java's implementation asks the server that runs the call for its services; here that is
    // not an io.grpc.Server.
    ServerInterceptor inServer =
        new ServerInterceptor() {
          @Override
          public <Q, R> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            Context context =
                Context.current().withValue(InternalServer.SERVER_CONTEXT_KEY, listing);
            return Contexts.interceptCall(context, call, headers, next);
          }
        };
    return ServerInterceptors.intercept(ProtoReflectionServiceV1.newInstance(), inServer);
  }

  /** A server that does nothing but name its services. */
  private static final class Listing extends Server {
    private final List<ServerServiceDefinition> services;

    Listing(List<ServerServiceDefinition> services) {
      this.services = services;
    }

    @Override
    public List<ServerServiceDefinition> getImmutableServices() {
      return services;
    }

    @Override
    public Server start() {
      return this;
    }

    @Override
    public Server shutdown() {
      return this;
    }

    @Override
    public Server shutdownNow() {
      return this;
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }

    @Override
    public void awaitTermination() {
      throw new UnsupportedOperationException();
    }
  }
}
