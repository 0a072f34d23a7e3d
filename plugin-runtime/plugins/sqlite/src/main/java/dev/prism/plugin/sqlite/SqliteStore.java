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
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values in one SQLite file: one connection writes, a batch a transaction, so that one sync of the
 * log makes all of it durable; others read the last committed state and never wait for the writer.
 * All consistency levels are strong by nature.
 *
 * <p>docs/sqlite.md says what is promised and how failures are met.
 */
public final class SqliteStore implements KeyValueStore {
  private final DatabaseFile file;
  private final InstantSource clock;
  private final Execution execution;
  private final ReaderPool<Reader> readers;
  private final WriteAhead writes;
  private final Upkeep upkeep;

  private SqliteStore(
      DatabaseFile file,
      InstantSource clock,
      Execution execution,
      ReaderPool<Reader> readers,
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
    return Opened.database(
        settings.file(),
        settings.maxBytes(),
        Schema.ITEMS,
        (file, connections, connection) -> open(settings, clock, file, connections, connection));
  }

  private static SqliteStore open(
      SqliteSettings settings,
      InstantSource clock,
      DatabaseFile file,
      Connections connections,
      Connection connection)
      throws SQLException {
    WriteAhead writes = new WriteAhead(connections, connection, clock);
    // One more than the runtime uses at once: ping comes on a thread of its own.
    ReaderPool<Reader> readers = new ReaderPool<>(connections, Reader::new, settings.readers() + 1);
    try {
      ping(readers);
      Connection checkpointer = connections.checkpointer();
      Upkeep upkeep = new Upkeep(checkpointer, writes.commits(), new Expired(checkpointer, writes));
      upkeep.start();
      Execution execution = new Execution(settings.readers(), true, true);
      return new SqliteStore(file, clock, execution, readers, writes, upkeep);
    } catch (SQLException | RuntimeException e) {
      readers.close();
      throw e;
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.TTL,
        Capability.PRECONDITIONS,
        Capability.COMPARE_AND_SWAP,
        Capability.GLOBAL_SCAN,
        Capability.ATOMIC_BATCH,
        Capability.IDEMPOTENCY,
        Capability.DURABLE);
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
    ping(readers);
  }

  private static void ping(ReaderPool<Reader> readers) {
    readers.<Boolean>with(
        reader -> {
          reader.ping();
          return true;
        });
  }

  /** Copies what the log holds into the database, as far as the disk lets, and ends. */
  @Override
  public void close() {
    upkeep.close();
    readers.close();
    writes.close();
    upkeep.closeConnection();
    Opened.release(file);
  }

  /** What tests look at. */
  WriteAhead writes() {
    return writes;
  }

  Upkeep upkeep() {
    return upkeep;
  }
}
