package dev.prism.cli;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What a client command wants of the libraries under it, said before the first of their classes is
 * used: silence, and a quick start.
 */
final class QuietClient {
  /** Held, because a logger that nobody holds is forgotten with its level. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private QuietClient() {}

  static void prepare() {
    // No logging at all: a command says what went wrong itself, and logback takes 100 ms to start.
    System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    GRPC.setLevel(Level.OFF);
    // Java's own sockets: unpacking Netty's native ones into /tmp takes longer than the call.
    System.setProperty("io.grpc.netty.shaded.io.netty.transport.noNative", "true");
  }
}
