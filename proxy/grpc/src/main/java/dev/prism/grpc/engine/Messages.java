package dev.prism.grpc.engine;

import dev.prism.grpc.Bytes;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Messages as services know them, from and to the bytes on the wire. */
final class Messages {
  /** What requests may be compressed with. */
  static final String ENCODINGS = "identity,gzip";

  private Messages() {}

  /** A request that is not what its method takes. */
  static final class UnfitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Status status;

    UnfitException(Status status) {
      super(status.getDescription(), status.getCause(), false, false);
      this.status = status;
    }

    Status status() {
      return status;
    }
  }

  /**
   * @throws UnfitException where it cannot be read
   */
  static <Q> Q parse(Call<Q, ?> call, Received received) {
    byte[] bytes = received.bytes;
    if (received.compressed) {
      bytes = gunzip(call, bytes);
    }
    try (InputStream stream = Bytes.MARSHALLER.stream(bytes)) {
      return call.method().parseRequest(stream);
    } catch (StatusRuntimeException e) {
      throw new UnfitException(e.getStatus());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] gunzip(Call<?, ?> call, byte[] bytes) {
    if (!"gzip".equals(call.head().encoding())) {
      throw new UnfitException(
          Status.INTERNAL.withDescription("A compressed message without grpc-encoding."));
    }
    int limit = call.connection.host().maxMessageBytes();
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      byte[] plain = in.readNBytes(limit + 1);
      if (plain.length > limit) {
        throw new UnfitException(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "The message is larger than the limit of " + limit + " bytes when inflated."));
      }
      return plain;
    } catch (IOException e) {
      throw new UnfitException(
          Status.INTERNAL.withDescription("The message is not gzip.").withCause(e));
    }
  }

  static <R> byte[] serialize(MethodDescriptor<?, R> method, R message) {
    try (InputStream stream = method.streamResponse(message)) {
      byte[] whole = Bytes.whole(stream);
      if (whole != null) {
        return whole;
      }
      if (!(stream instanceof KnownLength)) {
        return stream.readAllBytes();
      }
      byte[] bytes = new byte[stream.available()];
      int read = stream.readNBytes(bytes, 0, bytes.length);
      if (read != bytes.length) {
        throw new IOException("a message of " + bytes.length + " bytes ended after " + read);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
