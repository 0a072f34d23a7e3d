package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.status.PrismException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of units, each a transaction of {@link Commits}, and so one sync.
 *
 * <p>Called by the runtime's one writing thread; only {@link Upkeep} calls besides, for moments.
 */
final class WriteAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WriteAhead.class);

  /** How many expired rows of each kind a transaction removes besides its own work. */
  static final int SWEEP_ROWS = 64;

  private static final int PAGE_BYTES = 4096;

  private final Commits<Writer> commits;
  private final InstantSource clock;
  private final Etags etags;
  private volatile boolean sweepDue;

  /**
   * What a transaction came to.
   *
   * @param ceiling of the etags, where it was raised; otherwise 0
   * @param moreExpired whether it left expired rows
   */
  private record Done(List<UnitResult> results, long ceiling, boolean moreExpired) {}

  WriteAhead(Connections connections, Connection connection, InstantSource clock)
      throws SQLException {
    this.clock = clock;
    this.commits = new Commits<>(connections, connection, Writer::new, this::raiseCeiling);
    this.etags = new Etags(commits.transaction(Writer::etagCeiling));
  }

  private void raiseCeiling(Writer writer) throws SQLException {
    writer.raiseEtagCeiling(etags.raised());
  }

  Commits<Writer> commits() {
    return commits;
  }

  /** As {@link dev.prism.sdk.keyvalue.KeyValueStore#write}. */
  List<UnitResult> write(String namespace, List<Unit> units) {
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

  private List<UnitResult> transaction(String namespace, List<Unit> units, boolean sweep)
      throws SQLException {
    return commits
        .transaction(
            writer -> apply(writer, namespace, units, sweep),
            done -> {
              if (done.ceiling() != 0) {
                etags.reserved(done.ceiling());
              }
              if (sweep) {
                sweepDue = done.moreExpired();
              }
            })
        .results();
  }

  private Done apply(Writer writer, String namespace, List<Unit> units, boolean sweep)
      throws SQLException {
    long now = clock.millis();
    int needed = 0;
    for (Unit unit : units) {
      needed += unit.writes().size();
      writer.wrote(bytes(unit));
    }
    long ceiling = 0;
    if (!etags.has(needed)) {
      ceiling = etags.raised();
      writer.raiseEtagCeiling(ceiling);
    }
    List<UnitResult> results = new ArrayList<>(units.size());
    for (Unit unit : units) {
      results.add(writer.apply(namespace, unit, etags, now));
    }
    return new Done(results, ceiling, sweep && writer.sweep(now, SWEEP_ROWS));
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

  @Override
  public void close() {
    commits.close();
  }
}
