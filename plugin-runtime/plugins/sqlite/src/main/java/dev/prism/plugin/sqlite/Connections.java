package dev.prism.plugin.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.Collation;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/** Opens connections, each with the settings that its use needs. */
final class Connections {
  private static final int PAGE_BYTES = 4096;

  private final Path file;
  private final long maxBytes;

  Connections(Path file, long maxBytes) {
    this.file = file;
    this.maxBytes = maxBytes;
  }

  /** The one connection that writes. */
  Connection writer() throws SQLException {
    Connection connection = open();
    try (Statement statement = connection.createStatement()) {
      // A commit is one append to the log and one sync of it; readers never wait for it.
      statement.execute("PRAGMA journal_mode = WAL");
      // Every commit is synced before it returns: that is what an acknowledgement means.
      statement.execute("PRAGMA synchronous = FULL");
      // On macOS fsync alone does not reach the disk. No effect elsewhere.
      statement.execute("PRAGMA fullfsync = ON");
      // Copying the log into the database is done beside the writers, by Upkeep.
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      statement.execute("PRAGMA cache_size = -" + SqliteSettings.WRITER_CACHE_KIB);
      if (maxBytes > 0) {
        statement.execute("PRAGMA max_page_count = " + Math.max(1, maxBytes / PAGE_BYTES));
      }
      return connection;
    } catch (SQLException e) {
      throw closing(connection, e);
    }
  }

  /** A connection that reads. */
  Connection reader() throws SQLException {
    Connection connection = open();
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA cache_size = -" + SqliteSettings.READER_CACHE_KIB);
      statement.execute("PRAGMA query_only = ON");
      return connection;
    } catch (SQLException e) {
      throw closing(connection, e);
    }
  }

  /** The connection that copies the log into the database. */
  Connection checkpointer() throws SQLException {
    Connection connection = open();
    try (Statement statement = connection.createStatement()) {
      // A checkpoint syncs the log before and the database after it copies.
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA checkpoint_fullfsync = ON");
      statement.execute("PRAGMA cache_size = -" + SqliteSettings.READER_CACHE_KIB);
      return connection;
    } catch (SQLException e) {
      throw closing(connection, e);
    }
  }

  private Connection open() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    // Never CREATE: a file that has vanished is an error, not a new database.
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    // A connection is used by one thread at a time: SQLite's own mutexes would guard nothing.
    config.resetOpenMode(SQLiteOpenMode.FULLMUTEX);
    config.setOpenMode(SQLiteOpenMode.NOMUTEX);
    // Otherwise the driver runs a SELECT after every insert, which cost as much as the insert.
    config.setGetGeneratedKeys(false);
    // Waits only where a reader meets a log that is being reset: for moments.
    config.setBusyTimeout(2000);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      // No memory map: an error of the disk would be a SIGBUS instead of an answer.
      statement.execute("PRAGMA mmap_size = 0");
      // Sorting is never large, and a temporary file would hold values outside the data directory.
      statement.execute("PRAGMA temp_store = MEMORY");
      // Nothing in the schema may call functions: a planted view or trigger has no effect.
      statement.execute("PRAGMA trusted_schema = OFF");
      // Damaged pages are noticed when they are read, before they are believed.
      statement.execute("PRAGMA cell_size_check = ON");
      Collation.create(connection, SqliteDialect.DECIMAL, new DecimalCollation());
      return connection;
    } catch (SQLException e) {
      throw closing(connection, e);
    }
  }

  private static SQLException closing(Connection connection, SQLException failure) {
    try {
      connection.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }
}
