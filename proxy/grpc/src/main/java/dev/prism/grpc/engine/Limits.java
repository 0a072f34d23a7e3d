package dev.prism.grpc.engine;

import java.time.Duration;

/**
 * What a client may take of the engine.
 *
 * @param maxStreams calls at once on a connection, those whose thread is still at work included;
 *     more are refused one by one with REFUSED_STREAM
 * @param maxHeaderBytes of one request's headers, as RFC 9113 6.5.2 counts them
 * @param queuedBytes of responses that a connection's peer has not taken; calls wait beyond it
 * @param bodyBytes of requests larger than a stream's window, of all connections together; more
 *     wait, and are let in when others end
 * @param preface how long a new connection may take to say what it is, its TLS handshake included
 * @param keepAlive without a byte from the peer for so long, it is pinged
 * @param keepAliveTimeout without a byte for so long after the ping, it is gone
 * @param idle a connection without a call for so long is ended
 * @param age a connection of this age is ended when its calls are
 * @param stall a peer that takes nothing for so long, while something is written, is gone, and so
 *     is a request that stops amid a large message
 */
public record Limits(
    int maxStreams,
    int maxHeaderBytes,
    long queuedBytes,
    long bodyBytes,
    Duration preface,
    Duration keepAlive,
    Duration keepAliveTimeout,
    Duration idle,
    Duration age,
    Duration stall) {
  /** For a server that faces clients of its own organisation. */
  public static final Limits DEFAULT =
      new Limits(
          1024,
          32 * 1024,
          32L << 20,
          Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4),
          Duration.ofSeconds(10),
          Duration.ofMinutes(1),
          Duration.ofSeconds(20),
          Duration.ofHours(1),
          Duration.ofDays(365),
          Duration.ofSeconds(30));
}
