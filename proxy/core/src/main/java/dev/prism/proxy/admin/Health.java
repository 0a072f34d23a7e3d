package dev.prism.proxy.admin;

import dev.prism.grpc.HttpRoute;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.route.Plugins;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Whether the server would serve a call now: it lets calls in and of every backend each role is
 * served. The same answer over HTTP, for probes, and as the standard gRPC health service, for
 * clients.
 */
public final class Health {
  private static final String PATH = "/observe/health";
  private static final Duration WATCH_PERIOD = Duration.ofMillis(500);
  private static final String JSON = "application/json";

  private final Admission admission;
  private final Plugins plugins;

  public Health(Admission admission, Plugins plugins) {
    this.admission = admission;
    this.plugins = plugins;
  }

  /** Whether calls of every backend would be served. */
  public boolean ready() {
    return admission.isOpen() && plugins.ready();
  }

  /** The page, and probes beside it: 200 where it is well, 503 where it is not. */
  public List<HttpRoute> routes() {
    return List.of(
        new HttpRoute(PATH, this::page),
        new HttpRoute(PATH + "/ready", this::page),
        new HttpRoute(PATH + "/live", () -> new HttpRoute.Answer(200, JSON, "{\"live\":true}\n")));
  }

  private HttpRoute.Answer page() {
    boolean ready = ready();
    StringJoiner states = new StringJoiner(",", "[", "]");
    for (Plugins.Plugin plugin : plugins.all()) {
      // Names of instances are letters, digits and dashes: nothing to escape.
      states.add(
          "{\"instance\":\"%s\",\"process\":%d,\"type\":\"%s\",\"state\":\"%s\"}"
              .formatted(
                  plugin.instance(),
                  plugin.process(),
                  plugin.type(),
                  plugin.status().state().name().substring("PLUGIN_STATE_".length())));
    }
    String body =
        "{\"status\":\"%s\",\"live\":true,\"ready\":%s,\"accepting\":%s,\"plugins\":%s}\n"
            .formatted(ready ? "UP" : "DOWN", ready, admission.isOpen(), states);
    return new HttpRoute.Answer(ready ? 200 : 503, JSON, body);
  }

  /**
   * The standard service (grpc/health/v1). A watcher learns of a change within half a second, and
   * is sent elsewhere when the server shuts down.
   *
   * @param services the names that it answers for, besides the empty one
   * @param watched whether {@code Watch} is served; where not it is UNIMPLEMENTED, which clients
   *     take for healthy
   */
  public HealthGrpc.HealthImplBase service(Set<String> services, boolean watched) {
    return new HealthGrpc.HealthImplBase() {
      @Override
      public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
        if (watched) {
          boolean known = request.getService().isEmpty() || services.contains(request.getService());
          follow(known, (ServerCallStreamObserver<HealthCheckResponse>) responses);
        } else {
          super.watch(request, responses);
        }
      }

      @Override
      public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
        String service = request.getService();
        if (!service.isEmpty() && !services.contains(service)) {
          throw Status.NOT_FOUND
              .withDescription("This server has no such service.")
              .asRuntimeException();
        }
        responses.onNext(HealthCheckResponse.newBuilder().setStatus(status()).build());
        responses.onCompleted();
      }
    };
  }

  private ServingStatus status() {
    return ready() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** Tells a watcher each change until it has gone, which interrupts the call's thread. */
  private void follow(boolean known, ServerCallStreamObserver<HealthCheckResponse> watcher) {
    ServingStatus told = ServingStatus.UNKNOWN;
    while (!watcher.isCancelled()) {
      boolean draining = admission.isDraining();
      ServingStatus now = known ? status() : ServingStatus.SERVICE_UNKNOWN;
      if (now != told) {
        watcher.onNext(HealthCheckResponse.newBuilder().setStatus(now).build());
        told = now;
      }
      if (draining) {
        // The connection ends when its calls have.
        watcher.onError(
            Status.UNAVAILABLE.withDescription("The server is shutting down.").asException());
        return;
      }
      try {
        Thread.sleep(WATCH_PERIOD);
      } catch (InterruptedException gone) {
        return;
      }
    }
  }
}
