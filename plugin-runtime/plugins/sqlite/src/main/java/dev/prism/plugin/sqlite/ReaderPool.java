package dev.prism.plugin.sqlite;

import dev.prism.status.PrismException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * As many readers as may read at once. Taking one waits for nothing: the runtime never has more
 * threads reading than there are readers.
 */
final class ReaderPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderPool.class);

  /** What is done with a reader. */
  @FunctionalInterface
  interface Use<T> {
    T apply(Reader reader) throws SQLException;
  }

  /** A place in the pool; its reader is opened at its first use, and anew after the disk failed. */
  private static final class Slot {
    @Nullable Reader reader;
  }

  private final Connections connections;
  private final AtomicReferenceArray<@Nullable Slot> free;

  ReaderPool(Connections connections, int size) {
    this.connections = connections;
    this.free = new AtomicReferenceArray<>(size);
    for (int i = 0; i < size; i++) {
      free.set(i, new Slot());
    }
  }

  /**
   * Runs {@code use} on a reader of its own.
   *
   * @throws PrismException what a caller is told of a failed read
   */
  <T> T with(Use<T> use) {
    int index = 0;
    Slot slot = null;
    for (; index < free.length(); index++) {
      slot = free.getAndSet(index, null);
      if (slot != null) {
        break;
      }
    }
    if (slot == null) {
      throw new IllegalStateException("more reads at once than readers");
    }
    try {
      Reader reader = slot.reader;
      if (reader == null) {
        reader = new Reader(connections.reader());
        slot.reader = reader;
      }
      return use.apply(reader);
    } catch (SQLException e) {
      LOG.error("a read failed: {}", Failures.code(e));
      discard(slot);
      throw Failures.answer(e);
    } catch (RuntimeException e) {
      discard(slot);
      throw e;
    } finally {
      free.set(index, slot);
    }
  }

  void ping() {
    with(
        reader -> {
          reader.ping();
          return true;
        });
  }

  private static void discard(Slot slot) {
    Reader reader = slot.reader;
    slot.reader = null;
    if (reader != null) {
      try {
        reader.close();
      } catch (SQLException e) {
        LOG.warn("cannot close a reader", e);
      }
    }
  }

  @Override
  public void close() {
    for (int i = 0; i < free.length(); i++) {
      Slot slot = free.get(i);
      if (slot != null) {
        discard(slot);
      }
    }
  }
}
