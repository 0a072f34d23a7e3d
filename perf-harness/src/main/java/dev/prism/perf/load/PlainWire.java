package dev.prism.perf.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

record PlainWire(SocketChannel channel) implements Wire {
  @Override
  public int read(ByteBuffer in) throws IOException {
    return channel.read(in);
  }

  @Override
  public void write(ByteBuffer out) throws IOException {
    channel.write(out);
  }

  @Override
  public boolean isFlushed() {
    return true;
  }
}
