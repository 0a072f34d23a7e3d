package dev.prism.perf.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A gRPC request's headers, as a connection's first request has them and as those after it do: like
 * gRPC's clients, the first puts them into the peer's table and the others refer to it (RFC 7541).
 * Nothing is Huffman-coded. The names of pseudo headers are taken from the static table: stock
 * Helidon refuses a literal {@code :path}.
 */
final class HeaderBlocks {
  /** What every decoder's table holds unless the peer says otherwise. */
  static final int DEFAULT_TABLE = 4096;

  private static final int STATIC_ENTRIES = 61;
  private static final int AUTHORITY = 1;
  private static final int PATH = 4;
  private static final int ENTRY_OVERHEAD = 32;
  private static final int LITERAL = 0x00;
  private static final int LITERAL_INDEXED = 0x40;
  private static final int INDEXED = 0x80;

  private final int scheme;
  private final String authority;
  private final String path;
  private final Map<String, String> named = new LinkedHashMap<>();

  HeaderBlocks(String scheme, String authority, String path, Map<String, String> metadata) {
    this.scheme = scheme.equals("https") ? 0x87 : 0x86;
    this.authority = authority;
    this.path = path;
    named.put("te", "trailers");
    named.put("content-type", "application/grpc");
    named.putAll(metadata);
    if (tableBytes() > DEFAULT_TABLE) {
      throw new IllegalArgumentException("the metadata does not fit a peer's header table");
    }
  }

  /** What the headers take of a peer's table. */
  int tableBytes() {
    int bytes = ":authority".length() + authority.length() + ":path".length() + path.length();
    for (Map.Entry<String, String> entry : named.entrySet()) {
      bytes += entry.getKey().length() + entry.getValue().length();
    }
    return bytes + (2 + named.size()) * ENTRY_OVERHEAD;
  }

  /** Means the same every time that it is sent, to a peer without a table. */
  byte[] literal() {
    return literals(LITERAL);
  }

  /** Fills the peer's table. */
  byte[] first() {
    return literals(LITERAL_INDEXED);
  }

  /** Refers to what {@link #first} has put into the table, the newest entry first. */
  byte[] again() {
    ByteArrayOutputStream block = begin();
    for (int entry = 2 + named.size(); entry > 0; entry--) {
      block.write(INDEXED | (STATIC_ENTRIES + entry));
    }
    return block.toByteArray();
  }

  private byte[] literals(int kind) {
    ByteArrayOutputStream block = begin();
    block.write(kind | PATH);
    string(block, path);
    block.write(kind | AUTHORITY);
    string(block, authority);
    named.forEach(
        (name, value) -> {
          block.write(kind);
          string(block, name);
          string(block, value);
        });
    return block.toByteArray();
  }

  private ByteArrayOutputStream begin() {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(scheme);
    return block;
  }

  /** RFC 7541, 5.1 and 5.2: a length with a prefix of 7 bits, then the bytes. */
  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < 0x7F) {
      block.write(bytes.length);
    } else {
      block.write(0x7F);
      int rest = bytes.length - 0x7F;
      for (; rest >= 0x80; rest >>>= 7) {
        block.write((rest & 0x7F) | 0x80);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }
}
