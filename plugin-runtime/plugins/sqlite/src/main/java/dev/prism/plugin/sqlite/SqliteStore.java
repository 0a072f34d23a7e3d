package dev.prism.plugin.sqlite;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Values in one SQLite file: one connection writes, a batch a transaction, so that one sync of the
 * log makes all of it durable; others read the last committed state and never wait for the writer.
 * All consistency levels are strong by nature.
 *
 * <p>docs/sqlite.md says what is promised and how failures are met.
 */
public final class SqliteStore implements KeyValueStore {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

  private final DatabaseFile file;
  private final InstantSource clock;
  private final Execution execution;
  private final ReaderPool readers;
  private final WriteAhead writes;
  private final Upkeep upkeep;

  private SqliteStore(
      DatabaseFile file,
      InstantSource clock,
      Execution execution,
      ReaderPool readers,
      WriteAhead writes,
      Upkeep upkeep) {
    this.file = file;
    this.clock = clock;
    this.execution = execution;
    this.readers = readers;
    this.writes = writes;
    this.upkeep = upkeep;
  }

  /**
   * Opens the database, and creates it where there has never been one.
   *
   * @throws DatabaseRefusedException where it is in use, damaged, newer or not ours; nothing was
   *     changed
   */
  public static SqliteStore open(SqliteSettings settings, InstantSource clock) {
    DatabaseFile file = DatabaseFile.take(settings.file());
    try {
      return open(settings, file, clock);
    } catch (SQLException | IOException | RuntimeException e) {
      DatabaseRefusedException refusal = refusal(file, e);
      closeQuietly(file, refusal);
      throw refusal;
    }
  }

  private static SqliteStore open(SqliteSettings settings, DatabaseFile file, InstantSource clock)
      throws SQLException, IOException {
    NativeLibrary.load(file);
    Connections connections = new Connections(file.path(), settings.maxBytes());
    Connection connection = connections.writer();
    @Nullable WriteAhead writes = null;
    @Nullable ReaderPool readers = null;
    try {
      boolean isNew = file.isNew();
      Schema.bringUp(connection, file, isNew);
      if (isNew) {
        file.created();
      }
      writes = new WriteAhead(connections, connection, clock);
      // One more than the runtime uses at once: ping comes on a thread of its own.
      readers = new ReaderPool(connections, settings.readers() + 1);
      readers.ping();
      Upkeep upkeep = new Upkeep(connections.checkpointer(), writes);
      upkeep.start();
      Execution execution = new Execution(settings.readers(), true, true);
      return new SqliteStore(file, clock, execution, readers, writes, upkeep);
    } catch (SQLException | IOException | RuntimeException e) {
      if (readers != null) {
        readers.close();
      }
      if (writes != null) {
        writes.close();
      } else {
        connection.close();
      }
      throw e;
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    // Reads see every acknowledged write, whatever was asked for.
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    long now = clock.millis();
    return readers.with(reader -> reader.read(namespace, keys, maxBytes, now));
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    List<UnitResult> results = writes.write(namespace, units);
    upkeep.wrote();
    return results;
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    Reader.@Nullable Cursor cursor = Reader.Cursor.start(scan);
    long left = scan.limit();
    while (cursor != null) {
      Reader.Cursor from = cursor;
      long limit = left;
      long now = clock.millis();
      Reader.Page page = readers.with(reader -> reader.page(namespace, scan, from, limit, now));
      if (!page.entries().isEmpty() && !sink.accept(page.entries())) {
        return;
      }
      left -= page.entries().size();
      cursor = page.next();
    }
  }

  @Override
  public void ping() {
    readers.ping();
  }

  /** Copies what the log holds into the database, as far as the disk lets, and ends. */
  @Override
  public void close() {
    upkeep.close();
    readers.close();
    writes.close();
    upkeep.closeConnection();
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

  private static void closeQuietly(DatabaseFile file, Exception failure) {
    try {
      file.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** What tests look at. */
  WriteAhead writes() {
    return writes;
  }

  Upkeep upkeep() {
    return upkeep;
  }
}
