package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * Batches into the write-ahead log: a batch is one transaction, and so one sync.
 *
 * <p>The lock is taken once a batch, by the runtime's one writing thread; only {@link Upkeep} takes
 * it besides, for moments.
 *
 * <p><b>A failed commit.</b> When the sync of the log fails, SQLite reports the error and forgets
 * the transaction, but its frames, valid ones, stay in the log's file: were the process to end now,
 * the next one would find them and believe them committed. So the failure is answered only after
 * another transaction has been written over their place ({@link #fence}). Where that one was synced
 * the failure is definite. Where it was not, the frames are gone from the file all the same, but
 * which of the two a power failure would leave on the disk cannot be known: OUTCOME_UNKNOWN.
 */
final class WriteAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WriteAhead.class);

  /** How long idempotency keys are remembered: contract 8 asks for 24 h. */
  static final long REMEMBERED_MILLIS = TimeUnit.HOURS.toMillis(25);

  /** How many expired rows of each kind a transaction removes besides its own work. */
  static final int SWEEP_ROWS = 64;

  private static final int PAGE_BYTES = 4096;

  private final Connections connections;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Writer writer;
  private final Etags etags;
  private boolean fenceDue;
  private volatile boolean sweepDue;
  private long grown;
  private volatile long estimatedBytes; // grown, for other threads

  WriteAhead(Connections connections, Connection connection, InstantSource clock)
      throws SQLException {
    this.connections = connections;
    this.clock = clock;
    this.writer = new Writer(connection);
    this.etags = new Etags(writer.etagCeiling());
    writer.commit();
  }

  /** As {@link dev.prism.sdk.keyvalue.KeyValueStore#write}. */
  List<UnitResult> write(String namespace, List<Unit> units) {
    lock.lock();
    try {
      return writeLocked(namespace, units);
    } finally {
      lock.unlock();
    }
  }

  private List<UnitResult> writeLocked(String namespace, List<Unit> units) {
    try {
      return transaction(namespace, units, sweepDue);
    } catch (SQLException e) {
      LOG.warn("a batch of {} failed: {}", units.size(), Failures.code(e));
      sweepDue = false;
      if (!Failures.mayBeOneWrites(e)) {
        throw Failures.answer(e);
      }
    }
    // Hazard 22: one by one, so that only the guilty caller fails.
    List<UnitResult> results = new ArrayList<>(units.size());
    for (Unit unit : units) {
      try {
        results.add(transaction(namespace, List.of(unit), false).getFirst());
      } catch (SQLException e) {
        results.add(new UnitResult.Failed(Failures.answer(e).status()));
      } catch (PrismException e) {
        results.add(new UnitResult.Failed(e.status()));
      }
    }
    return results;
  }

  /**
   * One transaction, durable on return.
   *
   * @throws SQLException a definite failure: nothing of it is there
   * @throws PrismException OUTCOME_UNKNOWN
   */
  private List<UnitResult> transaction(String namespace, List<Unit> units, boolean sweep)
      throws SQLException {
    Writer open = openWriter();
    long now = clock.millis();
    boolean ended = false;
    try {
      int needed = 0;
      long bytes = 0;
      for (Unit unit : units) {
        needed += unit.writes().size();
        bytes += bytes(unit);
      }
      long raised = 0;
      if (!etags.has(needed)) {
        raised = etags.raised();
        open.raiseEtagCeiling(raised);
      }
      List<UnitResult> results = new ArrayList<>(units.size());
      for (Unit unit : units) {
        results.add(open.apply(namespace, unit, etags, now));
      }
      boolean more = sweep && open.sweep(now, now - REMEMBERED_MILLIS, SWEEP_ROWS);
      ended = true;
      commit(open);
      if (raised != 0) {
        etags.reserved(raised);
      }
      if (sweep) {
        sweepDue = more;
      }
      fenceDue = false; // whatever stood in this place of the log is overwritten
      grown += bytes;
      estimatedBytes = grown;
      return results;
    } catch (SQLException e) {
      if (!ended) {
        giveUp(open, Failures.isIo(e));
      }
      throw e;
    } catch (RuntimeException e) {
      if (!ended) {
        giveUp(open, false);
      }
      throw e;
    }
  }

  /** Commits; after a failure the writer is another one or none. */
  private void commit(Writer open) throws SQLException {
    try {
      open.commit();
    } catch (SQLException e) {
      boolean io = Failures.isIo(e);
      giveUp(open, io);
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
      Writer open = openWriter();
      try {
        long raised = etags.raised();
        open.raiseEtagCeiling(raised);
        open.commit();
        etags.reserved(raised);
        fenceDue = false;
        return true;
      } catch (SQLException e) {
        giveUp(open, true);
        throw e;
      }
    } catch (SQLException e) {
      LOG.error("the log could not be mended after a failed commit: {}", Failures.code(e));
      return false;
    }
  }

  /** The writer, opened anew where a failure has ended the last one. */
  private Writer openWriter() throws SQLException {
    Writer open = writer;
    if (open == null) {
      Connection connection = connections.writer();
      try {
        open = new Writer(connection);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
      writer = open;
    }
    return open;
  }

  /** Undoes what has not been committed, by ending the connection where that is safer. */
  private void giveUp(Writer open, boolean end) {
    if (!end) {
      try {
        open.rollback();
        return;
      } catch (SQLException e) {
        // SQLite has rolled back by itself, which leaves the connection between transactions.
        LOG.debug("a rollback was not needed", e);
      }
    }
    writer = null;
    try {
      open.close();
    } catch (SQLException e) {
      LOG.warn("cannot close the writer", e);
    }
  }

  /** What a unit adds to the log, about; the pages that several writes share are counted twice. */
  private static long bytes(Unit unit) {
    long bytes = 0;
    for (Write write : unit.writes()) {
      bytes +=
          PAGE_BYTES
              + switch (write) {
                case Write.Put put -> put.value().length;
                case Write.CompareAndSwap swap -> swap.value().length;
                case Write.Delete _, Write.Expire _ -> 0;
              };
    }
    return bytes;
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

  long now() {
    return clock.millis();
  }

  /** The next batches are to remove expired rows besides their work; any thread. */
  void sweepIsDue() {
    sweepDue = true;
  }

  boolean isSweepDue() {
    return sweepDue;
  }

  /** Removes some expired rows where no batch has done so: a transaction of its own. */
  void sweepNow() {
    write("", List.of());
  }

  /** What is done while no batch is under way. */
  @FunctionalInterface
  interface Pause {
    void run() throws SQLException;
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
      if (writer != null) {
        giveUp(writer, true);
      }
    } finally {
      lock.unlock();
    }
  }
}
