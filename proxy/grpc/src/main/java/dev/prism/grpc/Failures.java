package dev.prism.grpc;

import io.grpc.Metadata;
import io.grpc.Status;

/**
 * What the host's user makes of a failure that no service answered for. Called on the failed call's
 * thread.
 */
public interface Failures {
  /**
   * A service threw. Logs and counts it, and says what the client is told: nothing of the
   * exception's own text.
   *
   * @param method the full method name, {@code package.Service/Method}
   * @param requestHeaders what came with the call
   */
  Answer thrown(String method, Metadata requestHeaders, Throwable failure);

  /**
   * The request is something the host does not take: larger than the limit, compressed, or broken.
   *
   * @param method the full method name, {@code package.Service/Method}
   * @param status what the host would say
   */
  Answer refused(String method, Metadata requestHeaders, Status status);

  /** What the client gets. */
  record Answer(Status status, Metadata trailers) {}
}
