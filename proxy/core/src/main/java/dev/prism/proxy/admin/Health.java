package dev.prism.proxy.admin;

import dev.prism.grpc.HttpRoute;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.route.Plugins;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Whether the server would serve a call now: it lets calls in and every plugin is ready. The same
 * answer over HTTP, for probes, and as the standard gRPC health service, for clients.
 */
public final class Health {
  private static final String PATH = "/observe/health";
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
          "{\"instance\":\"%s\",\"type\":\"%s\",\"state\":\"%s\"}"
              .formatted(
                  plugin.instance(),
                  plugin.type(),
                  plugin.status().state().name().substring("PLUGIN_STATE_".length())));
    }
    String body =
        "{\"status\":\"%s\",\"live\":true,\"ready\":%s,\"accepting\":%s,\"plugins\":%s}\n"
            .formatted(ready ? "UP" : "DOWN", ready, admission.isOpen(), states);
    return new HttpRoute.Answer(ready ? 200 : 503, JSON, body);
  }

  /**
   * The standard service. {@code Watch} is UNIMPLEMENTED, which clients take for healthy: stock
   * Helidon does not tell a service that a watcher has gone.
   *
   * @param services the names that it answers for, besides the empty one
   */
  public HealthGrpc.HealthImplBase service(Set<String> services) {
    return new HealthGrpc.HealthImplBase() {
      @Override
      public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> responses) {
        String service = request.getService();
        if (!service.isEmpty() && !services.contains(service)) {
          throw Status.NOT_FOUND
              .withDescription("This server has no such service.")
              .asRuntimeException();
        }
        responses.onNext(
            HealthCheckResponse.newBuilder()
                .setStatus(ready() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)
                .build());
        responses.onCompleted();
      }
    };
  }
}
