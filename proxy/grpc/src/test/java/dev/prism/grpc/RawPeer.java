package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.prism.grpc.engine.Limits;
import io.grpc.ServerServiceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A client that sends what frames a test likes, and sees what comes back frame by frame; nothing is
 * answered by itself.
 */
final class RawPeer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  static final int INITIAL_WINDOW_SIZE = 4;
  static final int LARGEST_WINDOW = Integer.MAX_VALUE;

  static final int NO_ERROR = 0;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;

  /** What a client sends first (RFC 9113 3.4). */
  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private static final int LIMIT_MILLIS = 20_000;

  private final Socket socket;
  private final DataInputStream in;

  /** Ends of streams that came while another stream's was waited for. */
  private final Map<Integer, Frame> ends = new HashMap<>();

  /** One frame that the server has sent. */
  record Frame(int type, int flags, int stream, byte[] body) {
    boolean is(int wanted) {
      return type == wanted;
    }

    boolean is(int wanted, int on) {
      return type == wanted && stream == on;
    }

    boolean ends() {
      return type <= HEADERS && (flags & END_STREAM) != 0;
    }

    /** The code of an RST_STREAM or GOAWAY. */
    int code() {
      return ByteBuffer.wrap(body).getInt(type == GOAWAY ? 4 : 0);
    }

    /** GOAWAY's last stream. */
    int last() {
      return ByteBuffer.wrap(body).getInt(0);
    }

    String text() {
      return new String(body, US_ASCII);
    }
  }

  private RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
  }

  /** Starts Prism's engine, with one socket {@code test} in the clear. */
  static GrpcHost host(Limits limits, List<HttpRoute> routes, ServerServiceDefinition... services)
      throws IOException {
    return GrpcHost.start(
        new GrpcHost.Settings(
            Engine.PRISM, Implementation.MAX_MESSAGE, Implementation.FAILURES, limits),
        List.of(
            new GrpcHost.Socket(
                "test", Implementation.LOOPBACK, 0, List.of(services), routes, null)));
  }

  /** Connects and says nothing. */
  static RawPeer silent(GrpcHost host) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(16 * 1024);
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(Implementation.LOOPBACK, host.port("test")));
    return new RawPeer(socket);
  }

  /** Connects and sends the preface; a stream's window is so large, in bytes. */
  static RawPeer connect(GrpcHost host, int streamWindow) throws IOException {
    return silent(host).greet(streamWindow);
  }

  /** As {@link #connect(GrpcHost, int)}, over TLS. */
  static RawPeer connect(GrpcHost host, int streamWindow, SSLSocketFactory sockets)
      throws IOException {
    SSLSocket socket = (SSLSocket) sockets.createSocket(Implementation.LOOPBACK, host.port("test"));
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new RawPeer(socket).greet(streamWindow);
  }

  private RawPeer greet(int streamWindow) throws IOException {
    send(PREFACE, settings(INITIAL_WINDOW_SIZE, streamWindow), frame(SETTINGS, ACK, 0));
    return this;
  }

  int localPort() {
    return socket.getLocalPort();
  }

  /** Sends all in one write; a server that has ended the connection is for {@link #next} to see. */
  void send(byte[]... parts) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    try {
      socket.getOutputStream().write(all.toByteArray());
    } catch (SocketException ended) {
      // it is read later
    }
  }

  /** The next frame, or null at the connection's end; a server that says nothing fails the test. */
  @Nullable Frame next() throws IOException {
    try {
      byte[] header = new byte[9];
      in.readFully(header);
      ByteBuffer fields = ByteBuffer.wrap(header);
      byte[] body = new byte[fields.getInt(0) >>> 8];
      in.readFully(body);
      return new Frame(header[3], header[4], fields.getInt(5), body);
    } catch (EOFException | SocketException end) {
      return null;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came for " + LIMIT_MILLIS + " ms", e);
    }
  }

  /** The next frame of a type; those of others are passed over. */
  Frame next(int type) throws IOException {
    Frame frame = next();
    while (frame != null && !frame.is(type)) {
      frame = next();
    }
    if (frame == null) {
      throw new AssertionError("the connection ended before a frame of type " + type);
    }
    return frame;
  }

  /** The next frame of a type on a stream; others are passed over. */
  Frame next(int type, int stream) throws IOException {
    Frame frame = next(type);
    while (!frame.is(type, stream)) {
      frame = next(type);
    }
    return frame;
  }

  /**
   * The frame that ends a stream. Others are passed over, but for those that end a stream, too:
   * which of several ends first is the server's.
   */
  Frame end(int stream) throws IOException {
    Frame end = ends.remove(stream);
    while (end == null) {
      Frame frame = next();
      if (frame == null) {
        throw new AssertionError("the connection ended before stream " + stream);
      }
      if (frame.ends() || frame.is(RST_STREAM)) {
        ends.putIfAbsent(frame.stream, frame); // a reset may follow: NO_ERROR, of the request
        end = ends.remove(stream);
      }
    }
    return end;
  }

  /** Reads until the connection ends. */
  void ended() throws IOException {
    Frame frame = next();
    while (frame != null) {
      frame = next();
    }
  }

  /** Ends the connection without a word: the server's next read and write fail. */
  void reset() throws IOException {
    socket.setOption(StandardSocketOptions.SO_LINGER, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  static byte[] frame(int type, int flags, int stream, byte... body) {
    return ByteBuffer.allocate(9 + body.length)
        .putInt(body.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(body)
        .array();
  }

  static byte[] settings(int name, int value) {
    return frame(
        SETTINGS, 0, 0, ByteBuffer.allocate(6).putShort((short) name).putInt(value).array());
  }

  static byte[] windowUpdate(int stream, int increment) {
    return frame(WINDOW_UPDATE, 0, stream, number(increment));
  }

  static byte[] reset(int stream) {
    return frame(RST_STREAM, 0, stream, number(CANCEL));
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** A call whose request is empty; headers are names and values in turn. */
  static byte[] call(int stream, String path, String... headers) {
    byte[] opening = opening(stream, path, headers);
    byte[] data = frame(DATA, END_STREAM, stream, new byte[5]);
    byte[] all = Arrays.copyOf(opening, opening.length + data.length);
    System.arraycopy(data, 0, all, opening.length, data.length);
    return all;
  }

  /** A call's headers. */
  static byte[] opening(int stream, String path, String... headers) {
    return frame(HEADERS, END_HEADERS, stream, block(path, headers));
  }

  /** A call's header block: literals without indexing. */
  static byte[] block(String path, String... headers) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    field(block, ":method", "POST");
    field(block, ":scheme", "http");
    field(block, ":path", path);
    field(block, ":authority", "prism.test:1");
    field(block, "te", "trailers");
    field(block, "content-type", "application/grpc");
    for (int i = 0; i < headers.length; i += 2) {
      field(block, headers[i], headers[i + 1]);
    }
    return block.toByteArray();
  }

  private static void field(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    block.write(name.length());
    block.writeBytes(name.getBytes(US_ASCII));
    block.write(value.length());
    block.writeBytes(value.getBytes(US_ASCII));
  }
}
