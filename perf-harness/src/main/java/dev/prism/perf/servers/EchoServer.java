package dev.prism.perf.servers;

import com.sun.management.ThreadMXBean;
import dev.prism.grpc.Engine;
import dev.prism.grpc.Failures;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.TlsFiles;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The process of one server of a comparison. Says its two ports on a line, then answers each line
 * it reads with what it has allocated so far, what its heap holds and how long it has compiled;
 * ends when there are no more.
 */
public final class EchoServer {
  private static final int MAX_MESSAGE = 4 << 20;

  private EchoServer() {}

  /**
   * Serves until the end of the standard input.
   *
   * @param args which server, a certificate chain and its key, both in PEM
   */
  public static void main(String[] args) throws IOException {
    TlsFiles tls = new TlsFiles(Path.of(args[1]), Path.of(args[2]), null);
    String ports =
        switch (args[0]) {
          case "netty" -> netty(tls);
          case String engine -> host(Engine.valueOf(engine.toUpperCase(Locale.ROOT)), tls);
        };
    System.out.println(ports);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("collect")) {
        System.gc();
      }
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      System.out.println(
          threads.getTotalThreadAllocatedBytes() // virtual threads' too, as their carriers'
              + " "
              + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
              + " "
              + ManagementFactory.getCompilationMXBean().getTotalCompilationTime());
    }
    System.exit(0);
  }

  private static String host(Engine engine, TlsFiles tls) throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    GrpcHost host =
        GrpcHost.start(
            new GrpcHost.Settings(engine, MAX_MESSAGE, new Unexpected()),
            List.of(
                new GrpcHost.Socket(
                    "clear", loopback, 0, List.of(EchoService.definition()), List.of(), null),
                new GrpcHost.Socket(
                    "tls", loopback, 0, List.of(EchoService.definition()), List.of(), tls)));
    return host.port("clear") + " " + host.port("tls");
  }

  private static String netty(TlsFiles tls) throws IOException {
    return nettyBuilder().build().start().getPort()
        + " "
        + nettyBuilder()
            .sslContext(
                GrpcSslContexts.forServer(
                        tls.certificateChain().toFile(), tls.privateKey().toFile())
                    .build())
            .build()
            .start()
            .getPort();
  }

  private static NettyServerBuilder nettyBuilder() {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .directExecutor()
        .maxInboundMessageSize(MAX_MESSAGE)
        .addService(EchoService.definition());
  }

  /** The echo does not fail by itself: what does is counted by the load and shown here. */
  private static final class Unexpected implements Failures {
    @Override
    public Answer thrown(String method, Metadata requestHeaders, Throwable failure) {
      System.err.println(method + ": " + failure);
      return new Answer(Status.UNKNOWN, new Metadata());
    }

    @Override
    public Answer refused(String method, Metadata requestHeaders, Status status) {
      System.err.println(method + ": " + status);
      return new Answer(status, new Metadata());
    }
  }
}
