package dev.prism.grpc.engine;

import dev.prism.grpc.engine.RequestHead.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http2.hpack.HPackDecoder;
import org.apache.hc.core5.http2.hpack.HPackException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header blocks of one connection, on its reader's thread. HPACK itself is httpcore's;
 * what RFC 9113 section 8 asks of a request is checked here. A block of nothing but indexed fields
 * means the same until another kind of block has come, so that the requests of a client that keeps
 * its headers are decoded once.
 */
final class HeaderDecoder {
  /** The size of the table that we announce by saying nothing (RFC 9113 6.5.2), bytes. */
  private static final int TABLE = 4096;

  /** Blocks remembered: a client calls few methods at a time. */
  private static final int REMEMBERED = 8;

  /** What a field costs beside its bytes (RFC 9113 6.5.2). */
  private static final int FIELD_OVERHEAD = 32;

  private final int maxBytes;
  private final HPackDecoder hpack = new HPackDecoder(TABLE, StandardCharsets.US_ASCII);
  private final HuffmanPadding padding = new HuffmanPadding();
  private final byte[][] blocks = new byte[REMEMBERED][];
  private final RequestHead[] heads = new RequestHead[REMEMBERED];
  private int known;
  private int next;

  HeaderDecoder(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * The request that a block begins.
   *
   * @return null where it is malformed, and its stream is to be reset (RFC 9113 8.1.1)
   * @throws ConnectionException where it cannot be decoded: the table is out of step then
   */
  @Nullable RequestHead request(byte[] from, int at, int length) throws ConnectionException {
    for (int i = 0; i < known; i++) {
      byte[] block = blocks[i];
      if (block.length == length && Arrays.equals(block, 0, length, from, at, at + length)) {
        return heads[i];
      }
    }
    Request request = new Request(maxBytes);
    if (decode(from, at, length, request)) {
      RequestHead head = request.head();
      if (head != null) {
        blocks[next] = Arrays.copyOfRange(from, at, at + length);
        heads[next] = head;
        known = Math.max(known, next + 1);
        next = (next + 1) % REMEMBERED;
      }
      return head;
    }
    forget();
    return request.head();
  }

  /**
   * Reads a block that says nothing to us: trailers, or those of a stream that is gone.
   *
   * @return whether it could be trailers
   */
  boolean skip(byte[] from, int at, int length) throws ConnectionException {
    boolean[] fit = {true};
    if (!decode(from, at, length, (name, value) -> fit[0] &= !name.startsWith(":"))) {
      forget();
    }
    return fit[0];
  }

  private void forget() {
    known = 0;
    next = 0;
  }

  private interface Fields {
    void field(String name, String value);
  }

  /** Returns whether all fields were indexed, so that the table is as it was. */
  private boolean decode(byte[] from, int at, int length, Fields fields)
      throws ConnectionException {
    ByteBuffer block = ByteBuffer.wrap(from, at, length);
    boolean indexed = true;
    boolean first = true;
    try {
      while (block.hasRemaining()) {
        int start = block.position();
        byte kind = block.get(start);
        indexed &= kind < 0;
        if (!first && (kind & 0xE0) == 0x20) {
          throw new HPackException("a table size update amid a header block");
        }
        Header header = hpack.decodeHeader(block);
        if (header == null) {
          break;
        }
        first = false;
        if (padding.isTooLong(from, start)) {
          throw new HPackException("a string with a byte of padding");
        }
        fields.field(header.getName(), header.getValue() == null ? "" : header.getValue());
      }
    } catch (HPackException | RuntimeException e) {
      throw new ConnectionException(
          ErrorCode.COMPRESSION_ERROR, "The header block cannot be read.");
    }
    return indexed;
  }

  /** Gathers one request's fields and what is wrong with them. */
  private static final class Request implements Fields {
    private final int maxBytes;
    private final List<byte[]> fields = new ArrayList<>(20);
    private int bytes;
    private boolean malformed;
    private boolean regular;
    private @Nullable String method;
    private @Nullable String path;
    private @Nullable String scheme;
    private @Nullable String authority;
    private @Nullable String contentType;
    private @Nullable String encoding;
    private @Nullable Problem problem;
    private boolean acceptsGzip;
    private long timeoutNanos = -1;
    private long contentLength = -1;

    Request(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    @Override
    public void field(String name, String value) {
      bytes += name.length() + value.length() + FIELD_OVERHEAD;
      if (bytes > maxBytes) {
        problem = Problem.TOO_LARGE;
        fields.clear();
      }
      if (name.startsWith(":")) {
        pseudo(name, value);
        return;
      }
      regular = true;
      if (!isName(name) || !isValue(value)) {
        malformed = true;
        return;
      }
      switch (name) {
        case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade" ->
            malformed = true;
        case "te" -> {
          malformed |= !value.equals("trailers");
          return;
        }
        case "content-type" -> contentType = value;
        case "content-length" -> length(value);
        case "grpc-encoding" -> encoding = value;
        case "grpc-accept-encoding" -> acceptsGzip = value.contains("gzip");
        case "grpc-timeout" -> timeout(value);
        case "host" -> authority = authority == null ? value : authority;
        default -> {}
      }
      if (problem != Problem.TOO_LARGE) {
        add(name, value);
      }
    }

    private void pseudo(String name, String value) {
      malformed |= regular;
      switch (name) {
        case ":path" -> {
          malformed |= path != null || value.isEmpty();
          path = value;
        }
        case ":scheme" -> {
          malformed |= scheme != null;
          scheme = value;
        }
        case ":authority" -> {
          malformed |= authority != null;
          authority = value;
        }
        case ":method" -> {
          malformed |= method != null;
          method = value;
        }
        default -> malformed = true;
      }
    }

    private void length(String value) {
      try {
        long announced = Long.parseLong(value);
        malformed |= announced < 0 || (contentLength >= 0 && contentLength != announced);
        contentLength = announced;
      } catch (NumberFormatException e) {
        malformed = true;
      }
    }

    private void timeout(String value) {
      timeoutNanos = Timeouts.nanos(value);
      if (timeoutNanos < 0 && problem == null) {
        problem = Problem.TIMEOUT;
      }
    }

    private void add(String name, String value) {
      byte[] key = name.getBytes(StandardCharsets.US_ASCII);
      if (!name.endsWith("-bin")) {
        fields.add(key);
        fields.add(value.getBytes(StandardCharsets.ISO_8859_1));
        return;
      }
      try {
        for (String part : value.split(",", -1)) {
          byte[] decoded = Base64.getDecoder().decode(part.strip());
          fields.add(key);
          fields.add(decoded);
        }
      } catch (IllegalArgumentException e) {
        problem = problem == null ? Problem.BINARY : problem;
      }
    }

    private static boolean isName(String name) {
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        if (c <= ' ' || c >= 0x7F || (c >= 'A' && c <= 'Z') || c == ':') {
          return false;
        }
      }
      return !name.isEmpty();
    }

    /** RFC 9113 8.2.1: no NUL, line feed or carriage return. */
    private static boolean isValue(String value) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c == 0 || c == '\n' || c == '\r') {
          return false;
        }
      }
      return true;
    }

    @Nullable RequestHead head() {
      if (malformed || method == null || scheme == null || path == null) {
        return null;
      }
      return new RequestHead(
          method,
          path,
          authority,
          contentType,
          timeoutNanos,
          contentLength,
          encoding,
          acceptsGzip,
          problem,
          List.copyOf(fields));
    }
  }
}
