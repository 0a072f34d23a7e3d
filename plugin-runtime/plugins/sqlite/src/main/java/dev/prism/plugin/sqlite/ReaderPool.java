package dev.prism.plugin.sqlite;

import dev.prism.status.PrismException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * As many readers as may read at once. Taking one waits for nothing: the runtime never has more
 * threads reading than there are readers.
 */
final class ReaderPool<R extends ReaderPool.Reads> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderPool.class);

  /** Reads on a connection of its own, which ends with it. */
  interface Reads extends AutoCloseable {
    @Override
    void close() throws SQLException;
  }

  /** Makes a reader of a connection. */
  @FunctionalInterface
  interface Opening<R> {
    R on(Connection connection) throws SQLException;
  }

  /** What is done with a reader. */
  @FunctionalInterface
  interface Use<R, T> {
    T apply(R reader) throws SQLException;
  }

  /** A place in the pool; its reader is opened at its first use, and anew after the disk failed. */
  private static final class Slot<R> {
    @Nullable R reader;
  }

  private final Connections connections;
  private final Opening<R> opening;
  private final AtomicReferenceArray<@Nullable Slot<R>> free;

  ReaderPool(Connections connections, Opening<R> opening, int size) {
    this.connections = connections;
    this.opening = opening;
    this.free = new AtomicReferenceArray<>(size);
    for (int i = 0; i < size; i++) {
      free.set(i, new Slot<>());
    }
  }

  /**
   * Runs {@code use} on a reader of its own.
   *
   * @throws PrismException what a caller is told of a failed read
   */
  <T> T with(Use<R, T> use) {
    int index = 0;
    Slot<R> slot = null;
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
      R reader = slot.reader;
      if (reader == null) {
        reader = open();
        slot.reader = reader;
      }
      return use.apply(reader);
    } catch (SQLException e) {
      if (!Failures.isInterrupt(e)) {
        LOG.error("a read failed: {}", Failures.code(e));
        discard(slot);
      }
      throw Failures.answer(e);
    } catch (RuntimeException e) {
      discard(slot);
      throw e;
    } finally {
      free.set(index, slot);
    }
  }

  private R open() throws SQLException {
    Connection connection = connections.reader();
    try {
      return opening.on(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static <R extends Reads> void discard(Slot<R> slot) {
    R reader = slot.reader;
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
      Slot<R> slot = free.get(i);
      if (slot != null) {
        discard(slot);
      }
    }
  }
}
