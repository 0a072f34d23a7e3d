package dev.prism.perf.load;

import io.grpc.netty.shaded.io.netty.buffer.UnpooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;

/** TLS by Netty's BoringSSL, which costs the client less than the JDK's. */
final class TlsWire implements Wire {
  private static final int BUFFER = 64 * 1024;

  /** More than a record's 16 KiB with all that encryption adds. */
  private static final int RECORD = 17 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final ByteBuffer fromNet = ByteBuffer.allocateDirect(BUFFER).flip();
  private final ByteBuffer toNet = ByteBuffer.allocateDirect(BUFFER).flip();

  private TlsWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
  }

  /** Shakes hands on a blocking channel, and insists on HTTP/2. */
  static TlsWire connect(SocketChannel channel, SslContext context) throws IOException {
    TlsWire wire =
        new TlsWire(channel, context.newEngine(UnpooledByteBufAllocator.DEFAULT, "127.0.0.1", 0));
    wire.shakeHands();
    String protocol = wire.engine.getApplicationProtocol();
    if (!"h2".equals(protocol)) {
      throw new IOException("the server agreed on protocol " + protocol + ", not on h2");
    }
    return wire;
  }

  private void shakeHands() throws IOException {
    ByteBuffer early = ByteBuffer.allocate(BUFFER);
    engine.beginHandshake();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_WRAP -> {
          toNet.clear();
          encrypt(NOTHING);
          toNet.flip();
          flush();
        }
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          SSLEngineResult result = engine.unwrap(fromNet, early);
          if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && fill() < 0) {
            throw new EOFException("the server closed the connection during the handshake");
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          if (early.position() > 0) {
            throw new IOException("the server sent data within the handshake");
          }
          return;
        }
      }
    }
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public int read(ByteBuffer in) throws IOException {
    int start = in.position();
    while (true) {
      boolean whole = true;
      while (whole && fromNet.hasRemaining()) {
        SSLEngineResult result = engine.unwrap(fromNet, in);
        switch (result.getStatus()) {
          case OK -> {}
          case BUFFER_UNDERFLOW -> whole = false;
          case BUFFER_OVERFLOW -> throw new IOException("a record larger than the buffer");
          case CLOSED -> {
            return in.position() > start ? in.position() - start : -1;
          }
        }
      }
      if (in.position() > start) {
        return in.position() - start;
      }
      int count = fill();
      if (count <= 0) {
        return count;
      }
    }
  }

  private int fill() throws IOException {
    fromNet.compact();
    try {
      return channel.read(fromNet);
    } finally {
      fromNet.flip();
    }
  }

  @Override
  public void write(ByteBuffer out) throws IOException {
    flush();
    while (isFlushed() && out.hasRemaining()) {
      toNet.clear();
      while (out.hasRemaining() && toNet.remaining() >= RECORD) {
        encrypt(out);
      }
      toNet.flip();
      flush();
    }
  }

  private void flush() throws IOException {
    if (toNet.hasRemaining()) {
      channel.write(toNet);
    }
  }

  private void encrypt(ByteBuffer out) throws IOException {
    SSLEngineResult result = engine.wrap(out, toNet);
    if (result.getStatus() != SSLEngineResult.Status.OK) {
      throw new IOException("the engine does not encrypt: " + result);
    }
  }

  @Override
  public boolean isFlushed() {
    return !toNet.hasRemaining();
  }
}
