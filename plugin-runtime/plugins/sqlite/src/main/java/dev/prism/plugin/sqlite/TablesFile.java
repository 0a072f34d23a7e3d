package dev.prism.plugin.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** The tables of one namespace: a database that others may write to as well. */
final class TablesFile implements AutoCloseable {
  private static final long SWEEP_MILLIS = TimeUnit.SECONDS.toMillis(10);
  private static final int SWEEP_ROWS = 1000;

  private final DatabaseFile file;
  private final ReaderPool<TableReads> readers;
  private final Commits<TableWrites> commits;
  private final TableLane lane;
  private final Upkeep upkeep;
  private final InstantSource clock;
  private long nextSweep; // the upkeep's thread's own

  private TablesFile(
      DatabaseFile file,
      Connections connections,
      Connection writer,
      int readers,
      InstantSource clock)
      throws SQLException {
    this.file = file;
    this.clock = clock;
    this.commits = new Commits<>(connections, writer, TableWrites::new, TableWrites::fence);
    this.readers = new ReaderPool<>(connections, TableReads::new, readers + 1);
    this.upkeep = new Upkeep(connections.checkpointer(), commits, this::sweep);
    this.lane = new TableLane("tables-" + file.path().getFileName(), commits, upkeep::wrote);
  }

  /**
   * Opens the file, and makes it where there is none.
   *
   * @throws DatabaseRefusedException where it is in use, damaged or newer
   */
  static TablesFile open(Path path, long maxBytes, int readers, InstantSource clock) {
    return Opened.database(
        path,
        maxBytes,
        new TablesSchema(),
        (file, connections, connection) -> {
          TablesFile tables = new TablesFile(file, connections, connection, readers, clock);
          tables.commits.<Boolean>transaction(
              writes -> {
                writes.mailbox.releaseAll(clock.millis());
                return true;
              });
          tables.upkeep.start();
          return tables;
        });
  }

  ReaderPool<TableReads> readers() {
    return readers;
  }

  /** Through which all is written. */
  TableLane lane() {
    return lane;
  }

  /** Forgets what was remembered for long enough. */
  private void sweep() throws SQLException {
    long now = clock.millis();
    if (now >= nextSweep) {
      nextSweep = now + SWEEP_MILLIS;
      commits.<Integer>transaction(
          writes ->
              writes.remembered.sweep(now, SWEEP_ROWS) + writes.processed.sweep(now, SWEEP_ROWS));
    }
  }

  @Override
  public void close() {
    lane.close();
    upkeep.close();
    readers.close();
    commits.close();
    upkeep.closeConnection();
    Opened.release(file);
  }
}
