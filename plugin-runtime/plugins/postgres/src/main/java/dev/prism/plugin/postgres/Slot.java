package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.sdk.sql.StatementCache;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection that its callers use in turn; opened when needed, and anew when it broke. */
final class Slot implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Slot.class);

  private final Database database;
  private final Purpose purpose;
  private final ReentrantLock turn = new ReentrantLock(true);
  private @Nullable Connection connection;
  private @Nullable StatementCache statements;
  private volatile boolean spent;
  private long lossesBefore;

  /** What is done with a connection. */
  @FunctionalInterface
  interface Work<T> {
    T run(Slot slot) throws SQLException;
  }

  Slot(Database database, Purpose purpose) {
    this.database = database;
    this.purpose = purpose;
  }

  /**
   * Does something that changes what is stored.
   *
   * @throws dev.prism.status.PrismException BACKEND_UNAVAILABLE or another definite failure, or
   *     OUTCOME_UNKNOWN
   */
  <T> T write(Work<T> work) {
    return with(work, Failures::ofWrite);
  }

  /** As {@link #write}, where doing it once more does no harm: never OUTCOME_UNKNOWN. */
  <T> T read(Work<T> work) {
    return with(work, Failures::ofRead);
  }

  /**
   * Does something on which it depends whether the writes before it on this connection last; where
   * it fails, or the connection is not the same any more, that is not known.
   *
   * @throws dev.prism.status.PrismException OUTCOME_UNKNOWN
   */
  void after(Work<?> work) {
    turn.lock();
    try {
      if (connection == null) {
        throw Failures.unknown();
      }
      work.run(this);
    } catch (SQLException e) {
      failed(e);
      throw Failures.unknown();
    } finally {
      turn.unlock();
    }
  }

  /**
   * Does something on the connection as it was left, and on no other one.
   *
   * @param failure what a failure is to the caller; also that the connection is gone
   */
  <T> T further(Work<T> work, Function<SQLException, RuntimeException> failure) {
    turn.lock();
    try {
      if (connection == null) {
        throw failure.apply(new SQLException("the connection is gone", "08003"));
      }
      return use(work, failure);
    } finally {
      turn.unlock();
    }
  }

  private <T> T with(Work<T> work, Function<SQLException, RuntimeException> failure) {
    turn.lock();
    try {
      open();
      return use(work, failure);
    } finally {
      turn.unlock();
    }
  }

  private <T> T use(Work<T> work, Function<SQLException, RuntimeException> failure) {
    try {
      return work.run(this);
    } catch (SQLException e) {
      failed(e);
      throw failure.apply(e);
    } finally {
      if (spent) {
        end();
      }
    }
  }

  private void failed(SQLException e) {
    LOG.warn("a statement failed: {}", Failures.forLog(e));
    if (Failures.endsConnection(e)) {
      if (!Failures.isTooLarge(e)) {
        database.lost();
      }
      end();
    }
  }

  private void open() {
    long losses = database.losses();
    if (connection != null && losses != lossesBefore) {
      end();
    }
    if (connection == null) {
      Connection opened = database.open(purpose);
      connection = opened;
      statements = new StatementCache(opened);
      lossesBefore = losses;
    }
  }

  Connection connection() {
    Connection open = connection;
    if (open == null) {
      throw new IllegalStateException("used outside of its turn");
    }
    return open;
  }

  /** The connection's statements. */
  StatementCache statements() {
    StatementCache open = statements;
    if (open == null) {
      throw new IllegalStateException("used outside of its turn");
    }
    return open;
  }

  /** A statement that the connection keeps prepared. */
  PreparedStatement prepare(String sql) throws SQLException {
    return statements().prepare(sql);
  }

  /** After this turn the connection is used no more; any thread. */
  void spend() {
    spent = true;
  }

  private void end() {
    Connection open = connection;
    connection = null;
    statements = null;
    spent = false;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.debug("a broken connection did not close in order", e);
      }
    }
  }

  @Override
  public void close() {
    turn.lock();
    try {
      end();
    } finally {
      turn.unlock();
    }
  }
}
