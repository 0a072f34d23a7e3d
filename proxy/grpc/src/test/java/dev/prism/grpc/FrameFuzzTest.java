package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ServerServiceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Frames, well formed and not, over real connections: the server answers, refuses or closes, and
 * never hangs; nothing of them is left.
 */
@Tag("conformance")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class FrameFuzzTest {
  private static final int CONNECTIONS = 500;
  private static final int FRAMES = 60;
  private static final int HANG_MILLIS = 20_000;
  private static final long LEFT_BYTES = 32L << 20;
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private Wire wire;

  @BeforeEach
  void start() throws Exception {
    ServerServiceDefinition echo =
        ServerServiceDefinition.builder("test.Wire")
            .addMethod(Wire.ECHO, (call, headers) -> new Wire.EchoListener(call))
            .addMethod(Wire.STREAM, (call, headers) -> new Wire.EchoListener(call))
            .build();
    wire = Wire.start(Implementation.PRISM, echo);
  }

  @AfterEach
  void stop() {
    wire.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 20_261_123})
  void whateverAClientSendsItsConnectionEndsAndNothingIsLeft(long seed) throws Exception {
    Random random = new Random(seed);
    converse(random, 20);
    long before = usedBytes();

    converse(random, CONNECTIONS);

    assertThat(usedBytes() - before).isLessThan(LEFT_BYTES);
    Wire.Call call = wire.call(Wire.ECHO, io.grpc.CallOptions.DEFAULT, new io.grpc.Metadata());
    call.client.request(2);
    call.client.sendMessage(new byte[] {1});
    call.client.halfClose();
    assertThat(call.ended()).isEqualTo(io.grpc.Status.OK);
  }

  private void converse(Random random, int connections) throws IOException {
    for (int i = 0; i < connections; i++) {
      try (Socket socket = new Socket(Implementation.LOOPBACK, wire.port())) {
        socket.setSoTimeout(HANG_MILLIS);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PREFACE);
        frame(out, 4, 0, 0, new byte[0]);
        int stream = 1;
        for (int f = 0; f < FRAMES; f++) {
          stream = frames(random, out, stream);
        }
        send(socket, out.toByteArray());
        socket.shutdownOutput();
        drain(socket.getInputStream());
      }
    }
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      OutputStream to = socket.getOutputStream();
      to.write(bytes);
      to.flush();
    } catch (IOException e) {
      // The server has had enough of it.
    }
  }

  /** Reads to the end; a server that neither answers nor closes is a hang. */
  private static void drain(InputStream from) throws IOException {
    try {
      byte[] buffer = new byte[8192];
      while (from.read(buffer) >= 0) {
        // what it says is for other tests
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the server neither answers nor closes", e);
    } catch (SocketException e) {
      // closed with bytes of ours unread
    }
  }

  private static int frames(Random random, ByteArrayOutputStream out, int stream) {
    int id = random.nextInt(6) == 0 ? random.nextInt(2 * stream + 2) : stream;
    switch (random.nextInt(14)) {
      case 0, 1, 2, 3, 4 -> {
        frame(out, 1, 4, stream, headers());
        byte[] body = new byte[5 + random.nextInt(300)];
        body[4] = (byte) (body.length - 5);
        body[3] = (byte) ((body.length - 5) >> 8);
        frame(out, 0, 1, stream, body);
        return stream + 2;
      }
      case 5 -> frame(out, 0, random.nextInt(16), id, random(random, 100));
      case 6 -> frame(out, 1, random.nextInt(64), id, random(random, 100));
      case 7 -> frame(out, 3, 0, id, random(random, random.nextInt(8) == 0 ? 8 : -4));
      case 8 -> frame(out, 4, random.nextInt(2), 0, random(random, -6 * random.nextInt(4)));
      case 9 -> frame(out, 6, random.nextInt(2), 0, random(random, -8));
      case 10 -> frame(out, 8, 0, id, new byte[] {0, 0, (byte) random.nextInt(2), 1});
      case 11 -> {
        // A block in pieces, some of them empty, that may end in another kind of frame.
        byte[] block = headers();
        int cut = random.nextInt(block.length);
        frame(out, 1, random.nextInt(2), stream, slice(block, 0, cut));
        for (int i = random.nextInt(70); i > 0; i--) {
          frame(out, 9, 0, stream, new byte[0]);
        }
        frame(out, 9, random.nextInt(8) == 0 ? 0 : 4, stream, slice(block, cut, block.length));
        return stream + 2;
      }
      case 12 -> frame(out, random.nextInt(256), random.nextInt(256), id, random(random, 40));
      default -> frame(out, 5, 0, 0, random(random, -5 - random.nextInt(2)));
    }
    return random.nextInt(3) == 0 ? stream + 2 : stream;
  }

  /** Negative: exactly so many bytes; else up to as many. */
  private static byte[] random(Random random, int length) {
    byte[] bytes = new byte[length < 0 ? -length : random.nextInt(length + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] slice(byte[] bytes, int from, int to) {
    return java.util.Arrays.copyOfRange(bytes, from, to);
  }

  private static byte[] headers() {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    literal(block, ":path", "/test.Wire/Echo");
    literal(block, "content-type", "application/grpc");
    literal(block, "te", "trailers");
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String name, String value) {
    block.write(0x40);
    block.write(name.length());
    block.writeBytes(name.getBytes(US_ASCII));
    block.write(value.length());
    block.writeBytes(value.getBytes(US_ASCII));
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
    out.write(payload.length >> 16);
    out.write(payload.length >> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    for (int shift : List.of(24, 16, 8, 0)) {
      out.write(stream >> shift);
    }
    out.writeBytes(payload);
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
