package dev.prism.plugin.sqlite;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * The transactions of one database, one at a time, each synced when it returns.
 *
 * <p><b>A failed commit.</b> When the sync of the log fails, SQLite reports the error and forgets
 * the transaction, but its frames, valid ones, stay in the log's file: were the process to end now,
 * the next one would find them and believe them committed. So the failure is answered only after
 * another transaction has been written over their place ({@link #fence}). Where that one was synced
 * the failure is definite. Where it was not, the frames are gone from the file all the same, but
 * which of the two a power failure would leave on the disk cannot be known: OUTCOME_UNKNOWN.
 *
 * @param <S> the statements of the connection that writes
 */
final class Commits<S extends Statements> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Commits.class);

  private final Connections connections;
  private final Opening<S> opening;
  private final Fence<S> fence;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable S open;
  private boolean fenceDue;
  private long grown;
  private volatile long estimatedBytes; // grown, for other threads

  /** Prepares the statements on a connection. */
  @FunctionalInterface
  interface Opening<S> {
    S on(Connection connection) throws SQLException;
  }

  /** Changes some row in a way that means nothing. */
  @FunctionalInterface
  interface Fence<S> {
    void write(S statements) throws SQLException;
  }

  /** What one transaction does. */
  @FunctionalInterface
  interface Work<S, T> {
    T run(S statements) throws SQLException;
  }

  /** What is done while no transaction is under way. */
  @FunctionalInterface
  interface Pause {
    void run() throws SQLException;
  }

  /**
   * @param connection the one that writes at first; another is opened after a failure of the disk
   */
  Commits(Connections connections, Connection connection, Opening<S> opening, Fence<S> fence)
      throws SQLException {
    this.connections = connections;
    this.opening = opening;
    this.fence = fence;
    this.open = opening.on(connection);
  }

  /** As {@link #transaction(Work, Consumer)}, where nothing is to be done once it is durable. */
  <T> T transaction(Work<S, T> work) throws SQLException {
    return transaction(work, _ -> {});
  }

  /**
   * One transaction, durable on return.
   *
   * @param committed is told the result, before any other transaction begins
   * @throws SQLException a definite failure: nothing of it is there
   * @throws PrismException OUTCOME_UNKNOWN, or what the work has thrown, which undoes it
   */
  <T> T transaction(Work<S, T> work, Consumer<T> committed) throws SQLException {
    lock.lock();
    try {
      S statements = open();
      boolean ended = false;
      try {
        long before = statements.changes();
        T result = work.run(statements);
        boolean wrote = statements.changes() != before;
        ended = true;
        commit(statements);
        if (wrote) {
          fenceDue = false; // whatever stood in this place of the log is overwritten
        }
        grown += statements.takeWritten();
        estimatedBytes = grown;
        committed.accept(result);
        return result;
      } catch (SQLException e) {
        if (!ended) {
          giveUp(statements, Failures.isIo(e));
        }
        throw e;
      } catch (RuntimeException | Error e) {
        if (!ended) {
          giveUp(statements, false);
        }
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Commits; after a failure the connection is another one or none. */
  private void commit(S statements) throws SQLException {
    try {
      statements.commit();
    } catch (SQLException e) {
      boolean io = Failures.isIo(e);
      giveUp(statements, io);
      if (io) {
        fenceDue = true;
        if (!fence() && Failures.code(e) == SQLiteErrorCode.SQLITE_IOERR_FSYNC) {
          LOG.error("a commit could not be synced, nor what was to undo it");
          throw PrismException.of(
              Reason.OUTCOME_UNKNOWN,
              "the disk failed to sync the write, and to undo it: read before you send it again");
        }
      }
      throw e;
    }
  }

  /**
   * Writes a transaction of no meaning to the place in the log where a failed one stands.
   *
   * @return whether it is durable
   */
  private boolean fence() {
    try {
      S statements = open();
      try {
        fence.write(statements);
        statements.commit();
        fenceDue = false;
        return true;
      } catch (SQLException e) {
        giveUp(statements, true);
        throw e;
      }
    } catch (SQLException e) {
      LOG.error("the log could not be mended after a failed commit: {}", Failures.code(e));
      return false;
    }
  }

  /** The statements, prepared anew where a failure has ended the last connection. */
  private S open() throws SQLException {
    S statements = open;
    if (statements == null) {
      Connection connection = connections.writer();
      try {
        statements = opening.on(connection);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      open = statements;
    }
    return statements;
  }

  /** Undoes what has not been committed, by ending the connection where that is safer. */
  private void giveUp(S statements, boolean end) {
    if (!end) {
      try {
        statements.rollback();
        return;
      } catch (SQLException e) {
        // SQLite has rolled back by itself, which leaves the connection between transactions.
        LOG.debug("a rollback was not needed", e);
      }
    }
    open = null;
    try {
      statements.close();
    } catch (SQLException e) {
      LOG.warn("cannot close the writer", e);
    }
  }

  /** About how much the log has grown since {@link #logHolds}; any thread. */
  long estimatedBytes() {
    return estimatedBytes;
  }

  /** Corrects the estimate by what the log was found to hold. */
  void logHolds(long bytes) {
    lock.lock();
    try {
      grown = bytes;
      estimatedBytes = bytes;
    } finally {
      lock.unlock();
    }
  }

  void paused(Pause pause) throws SQLException {
    lock.lock();
    try {
      pause.run();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (fenceDue) {
        fence();
      }
      if (open != null) {
        giveUp(open, true);
      }
    } finally {
      lock.unlock();
    }
  }
}
