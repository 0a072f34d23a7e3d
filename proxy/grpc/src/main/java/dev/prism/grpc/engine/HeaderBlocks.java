package dev.prism.grpc.engine;

import dev.prism.grpc.StatusText;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header blocks that we send, framed (RFC 7541, RFC 9113 4.3). Every field is a literal without
 * indexing, and the usual blocks are constants: the dynamic table is not used, so that a block can
 * be made by any thread and written in any order (hazard 8).
 */
final class HeaderBlocks {
  /** A response's opening headers where its service adds none. */
  static final byte[] PLAIN_HEAD;

  /** The trailers of a call that went well where its service adds none. */
  static final byte[] OK_TAIL;

  private static final System.Logger LOG = System.getLogger(HeaderBlocks.class.getName());
  private static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();

  /** What the protocol itself writes, and what HTTP/2 forbids (RFC 9113 8.2.2). */
  private static final Set<String> RESERVED =
      Set.of(
          "content-type",
          "te",
          "grpc-status",
          "grpc-message",
          "grpc-encoding",
          "connection",
          "keep-alive",
          "proxy-connection",
          "transfer-encoding",
          "upgrade",
          "content-length");

  /** A first frame leaves one byte for the table size update that {@link Writer} may put in it. */
  private static final int FIRST = Frames.MAX_FRAME - 1;

  static {
    Block head = new Block();
    head.opening(null);
    PLAIN_HEAD = head.framed(false);
    Block tail = new Block();
    tail.field("grpc-status", "0");
    OK_TAIL = tail.framed(true);
  }

  private HeaderBlocks() {}

  /** A response's opening headers. */
  static byte[] head(Metadata headers, @Nullable String encoding) {
    if (encoding == null && InternalMetadata.headerCount(headers) == 0) {
      return PLAIN_HEAD;
    }
    Block block = new Block();
    block.opening(encoding);
    block.metadata(headers);
    return block.framed(false);
  }

  /**
   * The end of a response.
   *
   * @param alone whether no opening headers went before
   */
  static byte[] tail(Status status, Metadata trailers, boolean alone) {
    if (!alone && status.getDescription() == null) {
      if (status.isOk() && InternalMetadata.headerCount(trailers) == 0) {
        return OK_TAIL;
      }
    }
    Block block = new Block();
    if (alone) {
      block.opening(null);
    }
    block.field("grpc-status", Integer.toString(status.getCode().value()));
    String description = status.getDescription();
    if (description != null) {
      block.field("grpc-message", StatusText.encode(description));
    }
    block.metadata(trailers);
    return block.framed(true);
  }

  /** The head of a plain HTTP response. */
  static byte[] http(int status, String contentType, int length) {
    Block block = new Block();
    block.field(":status", Integer.toString(status));
    block.field("content-type", contentType);
    block.field("content-length", Integer.toString(length));
    return block.framed(false);
  }

  private static final class Block {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);

    void opening(@Nullable String encoding) {
      bytes.write(0x88); // :status 200, from the static table
      field("content-type", "application/grpc");
      if (encoding != null) {
        field("grpc-encoding", encoding);
      }
    }

    void field(String name, String value) {
      field(name.getBytes(StandardCharsets.US_ASCII), value.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void field(byte[] name, byte[] value) {
      bytes.write(0); // a literal without indexing, its name spelt out
      integer(name.length);
      bytes.writeBytes(name);
      integer(value.length);
      bytes.writeBytes(value);
    }

    /** A length of seven bits prefix (RFC 7541 5.1), not Huffman. */
    private void integer(int value) {
      if (value < 127) {
        bytes.write(value);
        return;
      }
      bytes.write(127);
      int left = value - 127;
      while (left >= 128) {
        bytes.write((left & 0x7F) | 0x80);
        left >>>= 7;
      }
      bytes.write(left);
    }

    void metadata(Metadata metadata) {
      byte[][] fields = InternalMetadata.serialize(metadata);
      for (int i = 0; i + 1 < fields.length; i += 2) {
        String name = new String(fields[i], StandardCharsets.US_ASCII);
        if (name.startsWith(":") || RESERVED.contains(name)) {
          continue;
        }
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          field(fields[i], BASE64.encode(fields[i + 1]));
        } else if (isPrintable(fields[i + 1])) {
          field(fields[i], fields[i + 1]);
        } else {
          LOG.log(Level.WARNING, "left out the header {0}: not printable ASCII", name);
        }
      }
    }

    private static boolean isPrintable(byte[] value) {
      for (byte b : value) {
        if (b < 0x20 || b == 0x7F) {
          return false;
        }
      }
      return true;
    }

    /** In one HEADERS and as many CONTINUATIONs as it takes (RFC 9113 6.10). */
    byte[] framed(boolean end) {
      byte[] block = bytes.toByteArray();
      int more = Math.ceilDiv(Math.max(0, block.length - FIRST), Frames.MAX_FRAME);
      byte[] frames = new byte[(1 + more) * Frames.HEADER + block.length];
      int type = Frames.HEADERS;
      int flags = end ? Frames.END_STREAM : 0;
      int length = Math.min(FIRST, block.length);
      int from = 0;
      int at = 0;
      while (at < frames.length) {
        if (from + length == block.length) {
          flags |= Frames.END_HEADERS;
        }
        at = Frames.header(frames, at, length, type, flags, 0);
        System.arraycopy(block, from, frames, at, length);
        at += length;
        from += length;
        length = Math.min(Frames.MAX_FRAME, block.length - from);
        type = Frames.CONTINUATION;
        flags = 0;
      }
      return frames;
    }
  }
}
