package dev.prism.plugin.neptune;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts what is read, and stops where one element is larger than the heap should hold. */
final class Metered extends FilterInputStream {
  /** The largest message there is, 16 MiB, and what GraphSON writes around it. */
  private static final long MOST_ELEMENT = 24L << 20;

  private long bytes;
  private long begun;

  Metered(InputStream in) {
    super(in);
  }

  /** Another element begins. */
  void begin() {
    begun = bytes;
  }

  long bytes() {
    return bytes;
  }

  private int counted(int read) {
    bytes += Math.max(read, 0);
    if (bytes - begun > MOST_ELEMENT) {
      throw Failures.rowTooLarge();
    }
    return read;
  }

  @Override
  public int read() throws IOException {
    int read = super.read();
    counted(read < 0 ? read : 1);
    return read;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    return counted(super.read(buffer, offset, length));
  }
}
