package dev.prism.plugin.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** The tables of one namespace: a database that others may write to as well. */
final class TablesFile implements AutoCloseable {
  private final DatabaseFile file;
  private final ReaderPool<TableReads> readers;
  private final Commits<TableWrites> commits;
  private final Upkeep upkeep;

  private TablesFile(DatabaseFile file, Connections connections, Connection writer, int readers)
      throws SQLException {
    this.file = file;
    this.commits = new Commits<>(connections, writer, TableWrites::new, TableWrites::fence);
    this.readers = new ReaderPool<>(connections, TableReads::new, readers + 1);
    this.upkeep = new Upkeep(connections.checkpointer(), commits, () -> {});
  }

  /**
   * Opens the file, and makes it where there is none.
   *
   * @throws DatabaseRefusedException where it is in use, damaged or newer
   */
  static TablesFile open(Path path, long maxBytes, int readers) {
    return Opened.database(
        path,
        maxBytes,
        new TablesSchema(),
        (file, connections, connection) -> {
          TablesFile tables = new TablesFile(file, connections, connection, readers);
          tables.upkeep.start();
          return tables;
        });
  }

  ReaderPool<TableReads> readers() {
    return readers;
  }

  Commits<TableWrites> commits() {
    return commits;
  }

  /** A transaction was committed. */
  void wrote() {
    upkeep.wrote();
  }

  @Override
  public void close() {
    upkeep.close();
    readers.close();
    commits.close();
    upkeep.closeConnection();
    Opened.release(file);
  }
}
