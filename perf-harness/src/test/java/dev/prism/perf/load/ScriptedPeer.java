package dev.prism.perf.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;

/**
 * What no HTTP/2 server can be made to do: greets each connection and answers its calls with the
 * given frames, one for each time that a request's last frame arrives, until there are none left.
 * Frames are hexadecimal digits. It reads no header blocks.
 */
final class ScriptedPeer implements AutoCloseable {
  /** Stands for a frame: closes the connection. */
  static final String CLOSE = "close";

  private static final String SETTINGS = "00000004 00 00000000";
  private static final int PREFACE_BYTES = 24;
  private static final int END_STREAM = 1;

  private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  private final List<String> frames;
  private int next;

  ScriptedPeer(String... frames) throws IOException {
    this.frames = List.of(frames);
    Thread.ofPlatform().daemon().start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        converse(socket);
      } catch (IOException e) {
        // The client or the test has ended it.
      }
    }
  }

  private void converse(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    in.readNBytes(PREFACE_BYTES);
    send(socket, SETTINGS);
    while (true) {
      byte[] header = in.readNBytes(9);
      if (header.length < 9) {
        return;
      }
      int length = (header[0] & 0xFF) << 16 | (header[1] & 0xFF) << 8 | header[2] & 0xFF;
      in.readNBytes(length);
      boolean requestEnds = header[3] == Frames.DATA && (header[4] & END_STREAM) != 0;
      if (requestEnds && next < frames.size()) {
        String frame = frames.get(next++);
        if (frame.equals(CLOSE)) {
          return;
        }
        send(socket, frame);
      }
    }
  }

  private static void send(Socket socket, String frame) throws IOException {
    socket.getOutputStream().write(HexFormat.of().parseHex(frame.replace(" ", "")));
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
