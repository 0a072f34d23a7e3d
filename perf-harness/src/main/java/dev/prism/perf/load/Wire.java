package dev.prism.perf.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection's bytes, in the clear or encrypted; blocking or not, as its channel is. */
sealed interface Wire permits PlainWire, TlsWire {
  SocketChannel channel();

  /**
   * Reads what is there.
   *
   * @return how many bytes; 0 when there are none; negative at the end
   */
  int read(ByteBuffer in) throws IOException;

  /** Writes what the socket takes; the rest remains in the buffer. */
  void write(ByteBuffer out) throws IOException;

  /** Whether all that was taken has been given to the socket; if not, write again. */
  boolean isFlushed();
}
