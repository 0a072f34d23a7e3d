package dev.prism.perf.run;

import dev.prism.perf.load.Plan;
import dev.prism.perf.servers.Certificate;
import dev.prism.perf.servers.EchoCalls;
import dev.prism.perf.servers.EchoProcess;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The servers that the product is compared with, each a process that answers with what it was sent:
 * bare grpc-netty, and Helidon's own gRPC. They are started when they are first asked for.
 */
final class Peers implements AutoCloseable {
  static final String NETTY = "netty";
  static final String HELIDON = "helidon";

  private final Map<String, EchoProcess> running = new LinkedHashMap<>();

  /** One of them, by its name. */
  Runner.Target target(String name) throws IOException, InterruptedException {
    EchoProcess process = running.get(name);
    if (process == null) {
      process = start(name);
      running.put(name, process);
    }
    EchoProcess server = process;
    return new Runner.Target(
        name,
        server.address(false),
        Map.of(name, server.process()),
        null,
        () -> server.counters().allocatedBytes());
  }

  private static EchoProcess start(String name) throws IOException, InterruptedException {
    try {
      Certificate certificate = Certificate.make(ProxyProcess.work());
      return EchoProcess.start(name, certificate, /* profile= */ false);
    } catch (GeneralSecurityException e) {
      throw new IOException("no certificate for " + name, e);
    }
  }

  /** Echoes of a scenario's size, as many at once and as often. */
  static Plan plan(Runner.Target peer, Scenario scenario) {
    return EchoCalls.echo(
        peer.address(),
        /* tls= */ false,
        scenario.offered().connections(),
        scenario.offered().streams(),
        scenario.offered().rate());
  }

  @Override
  public void close() {
    running.values().forEach(EchoProcess::close);
  }
}
