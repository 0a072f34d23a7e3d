package dev.prism.grpc.engine;

import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.http2.hpack.HPackEncoder;
import org.apache.hc.core5.util.ByteArrayBuffer;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The header blocks of a unary call: what is kept as constants or remembered, and beside it what
 * has to be read and written anew. In the engine's package, as its blocks are not public.
 */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HeaderBenchmark {
  private static final int TABLE = 4096;
  private static final int MAX_HEADER_BYTES = 16 << 10;

  private final HeaderDecoder decoder = new HeaderDecoder(MAX_HEADER_BYTES);
  private final HPackEncoder client = new HPackEncoder(TABLE, StandardCharsets.US_ASCII);
  private final Metadata none = new Metadata();
  private final Metadata details = new Metadata();
  private final Status refused =
      Status.NOT_FOUND.withDescription("The collection has no item of this key.");
  private byte[] indexed = {};
  private byte[] withDeadline = {};

  /** The connection's first request fills the table that those after it refer to. */
  @Setup
  public void fillTable() throws CharacterCodingException, ConnectionException {
    byte[] first = block(null);
    decoder.request(first, 0, first.length);
    indexed = block(null);
    withDeadline = block("4999871u");
    details.put(
        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[96]);
  }

  private byte[] block(@Nullable String timeout) throws CharacterCodingException {
    ByteArrayBuffer block = new ByteArrayBuffer(512);
    client.encodeHeader(block, ":method", "POST", false);
    client.encodeHeader(block, ":scheme", "http", false);
    client.encodeHeader(block, ":path", "/prism.keyvalue.v1.KeyValueService/Get", false);
    client.encodeHeader(block, ":authority", "prism.example.com:8980", false);
    client.encodeHeader(block, "te", "trailers", false);
    client.encodeHeader(block, "content-type", "application/grpc", false);
    client.encodeHeader(block, "user-agent", "grpc-java-netty/1.83.0", false);
    client.encodeHeader(block, "grpc-accept-encoding", "gzip", false);
    client.encodeHeader(
        block, "prism-session", "0123456789_0123456789-0123456789_0123456789", false);
    if (timeout != null) {
      client.encodeHeader(block, "grpc-timeout", timeout, true); // leaves the table as it is
    }
    return block.toByteArray();
  }

  /** A request whose headers are those of the last one. */
  @Benchmark
  public @Nullable RequestHead requestSeenBefore() throws ConnectionException {
    return decoder.request(indexed, 0, indexed.length);
  }

  /** A request with a deadline, which is spelt out anew in each. */
  @Benchmark
  public @Nullable RequestHead requestWithDeadline() throws ConnectionException {
    return decoder.request(withDeadline, 0, withDeadline.length);
  }

  /** Both blocks of an answer to a call that went well. */
  @Benchmark
  public int answer() {
    return HeaderBlocks.head(none, null).length + HeaderBlocks.tail(Status.OK, none, false).length;
  }

  /** The one block of a call that failed, with a message and details. */
  @Benchmark
  public byte[] failure() {
    return HeaderBlocks.tail(refused, details, true);
  }
}
