package dev.prism.plugin.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a database is opened, whatever it holds. */
final class Opened {
  private static final Logger LOG = LoggerFactory.getLogger(Opened.class);

  private Opened() {}

  /** Makes what serves a database that has been opened. */
  @FunctionalInterface
  interface Making<T> {
    T of(DatabaseFile file, Connections connections, Connection writer) throws SQLException;
  }

  /** Brings the schema up, where it is not; {@code isNew}: the file is known to hold nothing. */
  @FunctionalInterface
  interface Preparing {
    void bringUp(Connection connection, DatabaseFile file, boolean isNew) throws SQLException;
  }

  /**
   * Opens the database, and creates it where there has never been one.
   *
   * @param maxBytes see {@link SqliteSettings}
   * @throws DatabaseRefusedException where it is in use, damaged, newer or not ours; nothing was
   *     changed
   */
  static <T> T database(Path path, long maxBytes, Preparing schema, Making<T> making) {
    DatabaseFile file = DatabaseFile.take(path);
    try {
      NativeLibrary.load(file);
      Connections connections = new Connections(file.path(), maxBytes);
      Connection writer = connections.writer();
      try {
        boolean isNew = file.isNew();
        schema.bringUp(writer, file, isNew);
        if (isNew) {
          file.created();
        }
        return making.of(file, connections, writer);
      } catch (SQLException | IOException | RuntimeException e) {
        writer.close();
        throw e;
      }
    } catch (SQLException | IOException | RuntimeException e) {
      DatabaseRefusedException refusal = refusal(file, e);
      try {
        file.close();
      } catch (IOException failed) {
        refusal.addSuppressed(failed);
      }
      throw refusal;
    }
  }

  /** Lets others have the file. */
  static void release(DatabaseFile file) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.warn("cannot give back the lock of {}", file.path(), e);
    }
  }

  private static DatabaseRefusedException refusal(DatabaseFile file, Exception e) {
    return switch (e) {
      case DatabaseRefusedException refusal -> refusal;
      case SQLException sql when Failures.isDamage(sql) ->
          file.damaged("SQLite: " + Failures.code(sql), sql);
      default ->
          new DatabaseRefusedException(
              DatabaseRefusedException.Cause.UNUSABLE,
              "cannot open " + file.path() + ": " + e.getMessage(),
              e);
    };
  }
}
