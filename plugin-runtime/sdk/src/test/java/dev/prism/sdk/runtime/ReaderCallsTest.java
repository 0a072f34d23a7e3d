package dev.prism.sdk.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.options.Options;
import dev.prism.reader.v1.EndReason;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.reader.v1.Reader;
import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the runtime makes of pages that a deadline ended before a row was found. */
class ReaderCallsTest {
  private static final byte[] REACHED = {1, 2, 3};

  private final Hasty reader = new Hasty();
  private final PluginRuntime runtime =
      PluginRuntime.start(reader, PluginConfig.of(Map.of()), InstantSource.system());
  private final Link link = link(runtime);

  private static Link link(PluginRuntime runtime) {
    Hello hello = new Hello(Hello.LINK_VERSION, "test", "1", Set.of(), 17 << 20, 64 << 20);
    return InProcessLink.connect(hello, hello, runtime);
  }

  @AfterEach
  void close() {
    link.close();
    runtime.close();
  }

  private Page read(ByteString cursor) throws Exception {
    int operation =
        Reader.getDescriptor()
            .findServiceByName("ReaderService")
            .findMethodByName("Read")
            .getOptions()
            .getExtension(Options.method)
            .getOperation();
    long now = System.nanoTime();
    CallHeader header =
        new CallHeader(operation, "n", 0, 3, 0, now + TimeUnit.SECONDS.toNanos(30), now, "r", null);
    try (Exchange pages =
        link.open(
            header,
            ReadRequest.newBuilder().setCollection("t").setCursor(cursor).build().toByteArray())) {
      return ReadResponse.parseFrom(pages.receive()).getPage();
    }
  }

  @Test
  void aReadThatFoundNothingGoesOnWhereItWas() throws Exception {
    reader.reached = REACHED;

    Page page = read(ByteString.EMPTY);
    reader.reached = null;
    Page next = read(page.getNextCursor());

    assertThat(page.getEndReason()).isEqualTo(EndReason.END_REASON_DEADLINE);
    assertThat(page.getRowsCount()).isZero();
    assertThat(reader.from).isEqualTo(REACHED);
    assertThat(next.getNextCursor()).isEqualTo(page.getNextCursor());
  }

  @Test
  void aReadThatGotNowhereFails() {
    assertThatThrownBy(() -> read(ByteString.EMPTY))
        .isInstanceOfSatisfying(
            LinkException.class,
            e -> assertThat(PrismException.reason(e.status())).isEqualTo(Reason.DEADLINE_EXCEEDED));
  }

  /** Finds nothing before its patience ends. */
  private static final class Hasty implements Plugin, RecordReader {
    private volatile byte @Nullable [] reached;
    private volatile byte @Nullable [] from;

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public String backendType() {
      return "fake";
    }

    @Override
    public Optional<RecordReader> reader(PluginConfig config) {
      return Optional.of(this);
    }

    @Override
    public Set<Capability> capabilities() {
      return EnumSet.noneOf(Capability.class);
    }

    @Override
    public Set<Consistency.Level> consistencyLevels() {
      return EnumSet.allOf(Consistency.Level.class);
    }

    @Override
    public int readers() {
      return 1;
    }

    @Override
    public byte[] cursorKey() {
      return new byte[32];
    }

    @Override
    public Table table(String namespace, String name) {
      List<Column> key = List.of(new Column("id", Kind.STRING, false, ""));
      return new Table(name, name, key, key, true);
    }

    @Override
    public Chunk read(
        String namespace,
        Consistency consistency,
        Query query,
        byte @Nullable [] position,
        PageSize size,
        Patience patience) {
      from = position;
      return new Chunk(List.of("id"), List.of(), reached, Chunk.End.PATIENCE);
    }

    @Override
    public long count(
        String namespace,
        Consistency consistency,
        Table table,
        @Nullable Condition filter,
        long atMost,
        Patience patience) {
      return 0;
    }

    @Override
    public @Nullable Found get(
        String namespace,
        Consistency consistency,
        Table table,
        List<Column> columns,
        List<Value> key,
        Patience patience) {
      return null;
    }

    @Override
    public void ping() {
      // It is there.
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
