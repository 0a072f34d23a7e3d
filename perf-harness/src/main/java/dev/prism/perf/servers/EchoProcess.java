package dev.prism.perf.servers;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An {@link EchoServer} in a process of its own, with the JVM options that the proxy has; what it
 * says goes to a log beside the certificate.
 */
public final class EchoProcess implements Server {
  private final String name;
  private final Certificate certificate;
  private final Process process;
  private final Path log;
  private final BufferedReader out;
  private final BufferedWriter in;
  private final int clearPort;
  private final int tlsPort;

  private EchoProcess(String name, Certificate certificate, Process process, Path log)
      throws IOException {
    this.name = name;
    this.certificate = certificate;
    this.process = process;
    this.log = log;
    out = process.inputReader();
    in = process.outputWriter();
    double[] ports = numbers();
    clearPort = (int) ports[0];
    tlsPort = (int) ports[1];
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param name as {@link EchoServer#main} takes it
   * @param profile whether JFR records it, to a file beside its log
   */
  public static EchoProcess start(String name, Certificate certificate, boolean profile)
      throws IOException {
    List<String> options = new ArrayList<>();
    if (profile) {
      Path file = certificate.chain().resolveSibling(name + ".jfr");
      options.add("-XX:StartFlightRecording:settings=profile,dumponexit=true,filename=" + file);
      options.add("-Xlog:jfr+startup=error");
    }
    Path log = certificate.chain().resolveSibling(name + ".log");
    Process process =
        PeerJvm.start(
            EchoServer.class,
            log,
            options,
            name,
            certificate.chain().toString(),
            certificate.key().toString());
    try {
      return new EchoProcess(name, certificate, process, log);
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public InetSocketAddress address(boolean tls) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), tls ? tlsPort : clearPort);
  }

  @Override
  public SslContext trust() {
    return certificate.trust();
  }

  @Override
  public Counters counters() throws IOException {
    return Counters.read(process.toHandle(), ask("report")[0]);
  }

  /** Its process. */
  public ProcessHandle process() {
    return process.toHandle();
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public double compilerMillis() throws IOException {
    return ask("report")[2];
  }

  /** What its heap holds when it has just been collected, in bytes. */
  public double liveHeapBytes() throws IOException {
    return ask("collect")[1];
  }

  /** What the operating system gives it, in bytes. */
  public double residentBytes() {
    return Counters.residentBytes(process.toHandle());
  }

  private double[] ask(String question) throws IOException {
    in.write(question);
    in.newLine();
    in.flush();
    return numbers();
  }

  private double[] numbers() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new EOFException("the server " + name + " ended; " + log + " may say why");
    }
    return Pattern.compile(" ").splitAsStream(line).mapToDouble(Double::parseDouble).toArray();
  }

  @Override
  public void close() {
    PeerJvm.end(process, in);
  }
}
