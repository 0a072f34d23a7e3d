package dev.prism.perf.servers;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;

/** What a load asks of an {@link EchoServer}. */
public final class EchoCalls {
  /** The bytes of an echo's answer, and of each message of a stream. */
  public static final int MESSAGE_BYTES = 5 + EchoService.BODY_BYTES;

  private EchoCalls() {}

  /** A request's message, whose digits a load replaces by a number. */
  public static byte[] body() {
    byte[] body = new byte[EchoService.BODY_BYTES];
    Arrays.fill(body, (byte) 'x');
    byte[] number = RequestFrames.NUMBER.getBytes(US_ASCII);
    System.arraycopy(number, 0, body, 0, number.length);
    return body;
  }

  /** A request of one of the {@link EchoService}'s methods. */
  public static RequestFrames request(InetSocketAddress server, boolean tls, String path) {
    return new RequestFrames(
        tls ? "https" : "http", "127.0.0.1:" + server.getPort(), path, Map.of(), body());
  }

  /** Echoes; at a rate of 0 in a closed loop. */
  public static Plan echo(
      InetSocketAddress server, boolean tls, int connections, int streams, double rate) {
    RequestFrames request = request(server, tls, EchoService.ECHO);
    return new Plan(
        connections, streams, rate, _ -> new Plan.Traffic(request, MESSAGE_BYTES, () -> 0));
  }
}
