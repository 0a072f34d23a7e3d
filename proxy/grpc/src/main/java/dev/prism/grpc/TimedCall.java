package dev.prism.grpc;

/**
 * A {@link io.grpc.ServerCall} whose host measures how long its answer takes to the socket: one of
 * Prism's own engine with one response.
 */
public interface TimedCall {
  /**
   * Says when the answer was there. Called before the call is closed; {@link
   * GrpcHost.Settings#written} is told when it is written.
   *
   * @param nanoTime on {@link System#nanoTime()}'s clock; never 0
   */
  void answeredAt(long nanoTime);
}
