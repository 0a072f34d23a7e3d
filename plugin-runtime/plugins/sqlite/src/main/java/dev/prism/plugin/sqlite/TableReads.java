package dev.prism.plugin.sqlite;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.sql.FetchSize;
import dev.prism.sdk.sql.SqlReads;
import dev.prism.sdk.sql.StatementCache;
import dev.prism.type.v1.Value;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/** Reads of tables on one connection. One thread at a time. */
final class TableReads implements ReaderPool.Reads {
  private final Connection connection;
  private final StatementCache statements;
  private final TableCatalog catalog = new TableCatalog();
  private final SqlReads reads = new SqlReads(new SqliteDialect());

  TableReads(Connection connection) {
    this.connection = connection;
    this.statements = new StatementCache(connection);
  }

  Optional<Table> table(String name) throws SQLException {
    return Optional.ofNullable(catalog.table(statements, name));
  }

  Chunk page(Query query, byte @Nullable [] position, PageSize size, Patience patience)
      throws SQLException {
    return patience.during(
        this::interrupt,
        () -> reads.page(statements, query, position, size, patience, new FetchSize()));
  }

  long count(Table table, @Nullable Condition filter, long atMost, Patience patience)
      throws SQLException {
    return patience.during(this::interrupt, () -> reads.count(statements, table, filter, atMost));
  }

  Optional<Found> get(Table table, List<Column> columns, List<Value> key) throws SQLException {
    return Optional.ofNullable(reads.get(statements, table, columns, key));
  }

  /** Any thread. */
  private void interrupt() {
    try {
      ((SQLiteConnection) connection).getDatabase().interrupt();
    } catch (SQLException e) {
      throw new IllegalStateException("an open connection can be interrupted", e);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
