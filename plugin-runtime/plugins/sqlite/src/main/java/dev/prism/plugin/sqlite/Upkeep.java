package dev.prism.plugin.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done beside the calls, on a thread of its own: the log is copied into the database before
 * it grows large, and what has had its time is found.
 *
 * <p>The copying itself disturbs nobody. For the log to begin anew no batch may be under way for a
 * moment: that is done once most has been copied, so that little is left to copy.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  /**
   * From what size on the log is copied. A page that was written many times is copied once, so that
   * a larger log costs less; reads look through all of it, and a start reads all of it.
   */
  static final long CHECKPOINT_BYTES = 32L << 20;

  private static final long FRAME_BYTES = 4096 + 24;
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Looks for what has had its time; once a second. */
  @FunctionalInterface
  interface Sweep {
    void step() throws SQLException;
  }

  private final Connection connection;
  private final Commits<?> commits;
  private final Sweep sweep;
  private final PreparedStatement copied;
  private final PreparedStatement copy;
  private final PreparedStatement restart;
  private final Thread thread;
  private volatile boolean ended;
  private volatile boolean called;

  Upkeep(Connection connection, Commits<?> commits, Sweep sweep) throws SQLException {
    this.connection = connection;
    this.commits = commits;
    this.sweep = sweep;
    copied = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
    copy = connection.prepareStatement("PRAGMA wal_checkpoint(PASSIVE)");
    restart = connection.prepareStatement("PRAGMA wal_checkpoint(RESTART)");
    thread = Thread.ofPlatform().daemon().name("sqlite-upkeep").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** A batch was written; wakes the thread where the log has grown enough. Costs a read. */
  void wrote() {
    if (commits.estimatedBytes() >= CHECKPOINT_BYTES && !called) {
      called = true;
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    while (!ended) {
      boolean failed = false;
      try {
        step();
      } catch (SQLException | RuntimeException e) {
        // Nothing is lost: the log holds all, and this is tried again.
        LOG.warn("upkeep failed, and will be tried again", e);
        failed = true;
      }
      called = failed; // after a failure no batch wakes this before its time
      if (failed || commits.estimatedBytes() < CHECKPOINT_BYTES) {
        LockSupport.parkNanos(this, TICK_NANOS);
      }
    }
  }

  /** One round: at most one checkpoint, and one bounded sweep. */
  synchronized void step() throws SQLException {
    if (commits.estimatedBytes() >= CHECKPOINT_BYTES) {
      checkpoint();
    }
    sweep.step();
  }

  private void checkpoint() throws SQLException {
    long bytes = logBytes(copied);
    if (bytes >= CHECKPOINT_BYTES) {
      logBytes(copy);
      commits.paused(() -> logBytes(restart));
      bytes = 0;
    }
    commits.logHolds(bytes);
  }

  /** Runs a checkpoint statement; how much the log holds. */
  private static long logBytes(PreparedStatement checkpoint) throws SQLException {
    try (ResultSet row = checkpoint.executeQuery()) {
      return row.next() ? row.getLong(2) * FRAME_BYTES : 0;
    }
  }

  /** Ends the thread; the connection stays for {@link #closeConnection}. */
  @Override
  public void close() {
    ended = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes the last connection, upon which SQLite copies the rest of the log and removes it. */
  void closeConnection() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("the log could not be copied at the end: the next start does it", e);
    }
  }
}
