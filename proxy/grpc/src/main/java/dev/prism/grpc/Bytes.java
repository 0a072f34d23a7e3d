package dev.prism.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes messages as the bytes they are on the wire, for methods whose bodies are forwarded rather
 * than read. A request is copied once, out of the connection's buffer; a response is handed over
 * without a copy, and is not to be changed then.
 */
public final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
  /** The one instance; it has no state. */
  public static final Bytes MARSHALLER = new Bytes();

  private Bytes() {}

  @Override
  public InputStream stream(byte[] message) {
    return new Message(message);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try {
      byte[] whole = whole(stream);
      if (whole != null) {
        return whole;
      }
      if (!(stream instanceof KnownLength)) {
        return stream.readAllBytes();
      }
      byte[] message = new byte[stream.available()];
      int read = stream.readNBytes(message, 0, message.length);
      if (read != message.length) {
        throw Status.INTERNAL.withDescription("The message ended early.").asRuntimeException();
      }
      return message;
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("The message could not be read.")
          .withCause(e)
          .asRuntimeException();
    }
  }

  /** The array below a stream of {@link #stream} that nobody has read of; null for another. */
  public static byte @Nullable [] whole(InputStream stream) {
    return stream instanceof Message message ? message.untouched() : null;
  }

  /** Drainable, because grpc-java copies what is not through a new buffer of 8 KiB. */
  private static final class Message extends ByteArrayInputStream
      implements KnownLength, Drainable {
    Message(byte[] bytes) {
      super(bytes);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      return (int) transferTo(target);
    }

    byte @Nullable [] untouched() {
      return pos == 0 ? buf : null;
    }
  }
}
