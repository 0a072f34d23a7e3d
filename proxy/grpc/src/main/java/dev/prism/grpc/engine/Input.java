package dev.prism.grpc.engine;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.HelidonSocket;
import java.io.EOFException;

/**
 * A connection's bytes as they come, for its reader's thread. Holds no buffer while it waits for
 * the first byte of a frame, so that a quiet connection costs none.
 */
final class Input {
  private static final byte[] NOTHING = new byte[0];

  private final HelidonSocket socket;
  private final DataReader identified;
  private byte[] bytes = NOTHING;
  private int at;

  /**
   * @param identified what was read of the socket to tell what speaks there comes first
   */
  Input(HelidonSocket socket, DataReader identified) {
    this.socket = socket;
    this.identified = identified;
  }

  /** Where {@link #bytes} may be read from. */
  int at() {
    return at;
  }

  byte[] bytes() {
    return bytes;
  }

  int available() {
    return bytes.length - at;
  }

  void skip(int count) {
    at += count;
  }

  /**
   * Waits until {@code count} bytes lie in a row.
   *
   * @throws EOFException when the peer has ended its side
   */
  void need(int count) throws EOFException {
    int have = available();
    if (have >= count) {
      return;
    }
    if (have == 0) {
      bytes = NOTHING;
      at = 0;
      bytes = chunk();
      have = bytes.length;
      if (have >= count) {
        return;
      }
    }
    byte[] joined = new byte[count];
    System.arraycopy(bytes, at, joined, 0, have);
    while (true) {
      byte[] chunk = chunk();
      if (have + chunk.length >= count) {
        byte[] all = joined;
        if (have + chunk.length > count) {
          all = new byte[have + chunk.length];
          System.arraycopy(joined, 0, all, 0, have);
        }
        System.arraycopy(chunk, 0, all, have, chunk.length);
        bytes = all;
        at = 0;
        return;
      }
      System.arraycopy(chunk, 0, joined, have, chunk.length);
      have += chunk.length;
    }
  }

  private byte[] chunk() throws EOFException {
    int first = identified.available();
    byte[] chunk = first > 0 ? identified.readBytes(first) : socket.get();
    while (chunk != null && chunk.length == 0) {
      chunk = socket.get();
    }
    if (chunk == null) {
      throw new EOFException();
    }
    return chunk;
  }
}
