package dev.prism.sdk.runtime;

import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.sdk.transact.Transactor;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A transactor that writes nothing, and says what it was asked. */
final class FakeTransactor implements Plugin, Transactor {
  static final int TRANSACTIONS = 2;

  /** A write to the table of this name does not return until it is interrupted. */
  static final String STUCK = "stuck";

  final List<String> said = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger open = new AtomicInteger();
  final CountDownLatch isStuck = new CountDownLatch(1);
  final Set<Capability> capabilities = EnumSet.of(Capability.MAILBOX);
  volatile @Nullable WriteUnit written;

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public String backendType() {
    return "fake";
  }

  @Override
  public Optional<Transactor> transactor(PluginConfig config) {
    return Optional.of(this);
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public Set<Isolation> isolationLevels() {
    return EnumSet.of(Isolation.READ_COMMITTED);
  }

  @Override
  public int transactions() {
    return TRANSACTIONS;
  }

  @Override
  public Table table(String namespace, String name) {
    Column id = new Column("id", Kind.STRING, false, "text");
    Column sum = new Column("sum", Kind.INT64, true, "bigint");
    return new Table(name, '"' + name + '"', List.of(id, sum), List.of(id), false);
  }

  @Override
  public WriteOutcome write(String namespace, WriteUnit unit, Patience patience) {
    written = unit;
    return new WriteOutcome.Committed(Collections.nCopies(unit.writes().size(), 1));
  }

  @Override
  public Started begin(String namespace, Start start, Patience patience) {
    said.add("begin");
    open.incrementAndGet();
    return new Started.Open(new Steps(patience));
  }

  private final class Steps implements Transaction {
    private final Patience patience;
    private boolean ended;

    Steps(Patience patience) {
      this.patience = patience;
    }

    @Override
    public int write(TableWrite write) {
      said.add("write " + write.table().name());
      if (write.table().name().equals(STUCK)) {
        CountDownLatch interrupted = new CountDownLatch(1);
        patience.during(
            interrupted::countDown,
            () -> {
              isStuck.countDown();
              try {
                interrupted.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return true;
            });
        said.add("interrupted");
        throw PrismException.of(Reason.DEADLINE_EXCEEDED, "interrupted");
      }
      return 1;
    }

    @Override
    public void put(List<Outgoing> messages) {
      said.add("put " + messages.getFirst().messageId());
    }

    @Override
    public Chunk select(Query query, PageSize size, boolean lock) {
      said.add("select");
      return new Chunk(List.of(), List.of(), null, Chunk.End.TABLE);
    }

    @Override
    public void commit() {
      said.add("commit");
    }

    @Override
    public synchronized void close() {
      if (!ended) {
        ended = true;
        said.add("close");
        open.decrementAndGet(); // last: a test waits for it
      }
    }
  }

  @Override
  public List<SettlementResult> acknowledge(String namespace, List<Settlement> settlements) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Consumer read(String namespace, String mailbox, long ackTimeoutMillis) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void ping() {
    // It is there.
  }

  @Override
  public void close() {
    // Nothing was opened.
  }
}
