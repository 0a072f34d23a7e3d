package dev.prism.conformance;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.util.Iterator;

/**
 * What the suites call a service through: a link ({@link LinkApi}) or gRPC ({@link GrpcApi}). Every
 * method throws {@link CallFailedException} where the service answers a status. Safe for any number
 * of threads.
 */
public sealed interface ServiceApi permits LinkApi, GrpcApi {
  /** One request, one answer. */
  <Q extends Message, R> R call(MethodDescriptor<Q, R> method, Q request);

  /**
   * One request; the answers as they come. {@code hasNext} and {@code next} throw what ends them.
   */
  <Q extends Message, R> Duplex<Q, R> stream(MethodDescriptor<Q, R> method, Q request);

  /** A stream of requests; the answers as they come. */
  <Q extends Message, R> Duplex<Q, R> open(MethodDescriptor<Q, R> method, Q first);

  /**
   * An open stream. One thread may send while another receives.
   *
   * @param <Q> requests
   * @param <R> answers
   */
  interface Duplex<Q, R> extends Iterator<R>, AutoCloseable {
    /** Sends a further request; blocks while the service takes none. */
    void send(Q request);

    /** Says that no further request comes. */
    void halfClose();

    /** Cancels the stream where it has not ended. */
    @Override
    void close();
  }
}
