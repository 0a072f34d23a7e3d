package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.sql.FetchSize;
import dev.prism.sdk.sql.SqlReads;
import dev.prism.sdk.sql.StatementCache;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the tables in a namespace's schema. A page is a transaction of its own, so that no
 * snapshot is held while a client takes its time. Every read goes to the server that the address
 * names, so that all consistency levels are strong by nature.
 */
final class PostgresReader implements RecordReader {
  private static final int KEY_BYTES = 32;

  private final Slots slots;
  private final Slot probe;
  private final int connections;
  private final TableCatalog catalog;
  private final SqlReads reads = new SqlReads(new PostgresDialect());

  /** Opens what is needed when it is needed; the server may not be there yet. */
  PostgresReader(PostgresSettings settings, InstantSource clock) {
    Database database = new Database(settings);
    this.connections = settings.connections();
    this.slots = new Slots(database, Purpose.TABLES, connections, settings.acquireMillis());
    this.probe = new Slot(database, Purpose.PROBE);
    this.catalog = new TableCatalog(settings.tablesSchema(), settings.schema(), clock);
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SORT);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public int readers() {
    return connections;
  }

  @Override
  public byte[] cursorKey() {
    return probe.read(
        slot -> {
          byte[] key = new byte[KEY_BYTES];
          new SecureRandom().nextBytes(key);
          PreparedStatement keep =
              slot.prepare("INSERT INTO secret VALUES ('cursor', ?) ON CONFLICT DO NOTHING");
          keep.setBytes(1, key);
          keep.executeUpdate();
          try (ResultSet row =
              slot.prepare("SELECT value FROM secret WHERE name = 'cursor'").executeQuery()) {
            row.next();
            return row.getBytes(1);
          }
        });
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    return catalog.table(
        new TableCatalog.Reading() {
          @Override
          public <T> T read(TableCatalog.Work<T> work) {
            return slots.read(slot -> work.run(slot.statements()));
          }
        },
        namespace,
        name);
  }

  @Override
  public Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience) {
    return within(
        patience,
        statements -> reads.page(statements, query, position, size, patience, new FetchSize()));
  }

  @Override
  public long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience) {
    return within(patience, statements -> reads.count(statements, table, filter, atMost));
  }

  @Override
  public @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience) {
    return within(
            patience, statements -> Optional.ofNullable(reads.get(statements, table, columns, key)))
        .orElse(null);
  }

  /** A transaction that reads, and is cancelled when patience ends. */
  private <T> T within(Patience patience, TableCatalog.Work<T> work) {
    try {
      return slots.read(
          slot -> {
            Interruption interruption = new Interruption(slot, patience);
            return patience.during(interruption, () -> transaction(slot, work));
          });
    } catch (PrismException e) {
      if (patience.isOver()) {
        throw PrismException.of(
            Reason.DEADLINE_EXCEEDED, "the deadline came before the database had answered");
      }
      throw e;
    }
  }

  private <T> T transaction(Slot slot, TableCatalog.Work<T> work) throws SQLException {
    Connection connection = slot.connection();
    StatementCache statements = slot.statements();
    // The driver fetches rows in parts within a transaction only.
    connection.setAutoCommit(false);
    try {
      T result = work.run(statements);
      connection.commit();
      connection.setAutoCommit(true);
      return result;
    } catch (SQLException e) {
      slot.spend();
      if (Failures.isOfChangedTable(e)) {
        catalog.forget();
        throw PrismException.of(
            Reason.BACKEND_UNAVAILABLE, "the table was changed meanwhile; try again");
      }
      throw e;
    } catch (RuntimeException e) {
      slot.spend();
      throw e;
    }
  }

  @Override
  public void ping() {
    probe.read(slot -> slot.prepare("SELECT 1").execute());
  }

  @Override
  public void close() {
    slots.close();
    probe.close();
  }
}
