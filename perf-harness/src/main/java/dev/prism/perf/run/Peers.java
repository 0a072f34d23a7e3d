package dev.prism.perf.run;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.servers.Certificate;
import dev.prism.perf.servers.EchoProcess;
import dev.prism.perf.servers.EchoService;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The servers that the product is compared with, each a process that answers with what it was sent:
 * bare grpc-netty, and Helidon's own gRPC. They are started when they are first asked for.
 */
final class Peers implements AutoCloseable {
  static final String NETTY = "netty";
  static final String HELIDON = "helidon";

  private static final int GRPC_PREFIX = 5;

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
    byte[] body = new byte[EchoService.BODY_BYTES];
    Arrays.fill(body, (byte) 'x');
    byte[] number = RequestFrames.NUMBER.getBytes(US_ASCII);
    System.arraycopy(number, 0, body, 0, number.length);
    RequestFrames request =
        new RequestFrames(
            "http", "127.0.0.1:" + peer.address().getPort(), EchoService.ECHO, Map.of(), body);
    return new Plan(
        scenario.offered().connections(),
        scenario.offered().streams(),
        scenario.offered().rate(),
        _ -> new Plan.Traffic(request, GRPC_PREFIX + body.length, () -> 0));
  }

  @Override
  public void close() {
    running.values().forEach(EchoProcess::close);
  }
}
