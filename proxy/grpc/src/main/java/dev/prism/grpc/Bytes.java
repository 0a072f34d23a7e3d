package dev.prism.grpc;

import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Passes messages as the bytes they are on the wire, for methods whose bodies are forwarded rather
 * than read. A request is copied once, out of the connection's buffer; a response is handed over
 * without a copy.
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

  private static final class Message extends ByteArrayInputStream implements KnownLength {
    Message(byte[] bytes) {
      super(bytes);
    }
  }
}
