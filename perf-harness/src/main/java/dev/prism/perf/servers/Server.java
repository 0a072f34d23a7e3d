package dev.prism.perf.servers;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A process under load. */
public interface Server extends AutoCloseable {
  /** As the report calls it. */
  String name();

  /**
   * Where it listens.
   *
   * @throws IllegalArgumentException when it does not do TLS
   */
  InetSocketAddress address(boolean tls);

  /** What its clients trust. */
  @Nullable SslContext trust();

  /** What it has spent so far. */
  Counters counters() throws IOException;

  /** How long its compiler has worked so far, in milliseconds; NaN where it cannot be asked. */
  double compilerMillis() throws IOException;

  @Override
  void close();
}
