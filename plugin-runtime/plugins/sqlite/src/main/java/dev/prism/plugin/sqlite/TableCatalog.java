package dev.prism.plugin.sqlite;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.sql.Dialect;
import dev.prism.sdk.sql.StatementCache;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The tables of a file, read when they are first asked for and anew when the schema changes. */
final class TableCatalog {
  private static final String EXISTS =
      """
      SELECT wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name = ?
      """;

  private static final String COLUMNS =
      """
      SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid
      """;

  private final Map<String, Table> known = new HashMap<>();
  private int version = -1;

  /** The table, or null where there is none; on a connection that is not in a transaction. */
  @Nullable Table table(StatementCache statements, String name) throws SQLException {
    int now = schemaVersion(statements);
    if (now != version) {
      known.clear();
      version = now;
    }
    Table table = known.get(name);
    if (table == null) {
      table = read(statements, name);
      if (table != null) {
        known.put(name, table);
      }
    }
    return table;
  }

  private static int schemaVersion(StatementCache statements) throws SQLException {
    try (ResultSet row = statements.prepare("PRAGMA schema_version").executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  private static @Nullable Table read(StatementCache statements, String name) throws SQLException {
    if (name.startsWith("sqlite_") || name.startsWith(TablesSchema.OWN)) {
      return null;
    }
    boolean withoutRowid;
    PreparedStatement exists = statements.prepare(EXISTS);
    exists.setString(1, name);
    try (ResultSet row = exists.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      withoutRowid = row.getBoolean(1);
    }
    List<Column> columns = new ArrayList<>();
    Map<Integer, Column> key = new TreeMap<>();
    PreparedStatement info = statements.prepare(COLUMNS);
    info.setString(1, name);
    try (ResultSet row = info.executeQuery()) {
      while (row.next()) {
        String type = row.getString(2);
        int place = row.getInt(4);
        // Only the key of a table without rowid is never null by itself, or one that is the rowid.
        boolean full =
            row.getBoolean(3) || (place > 0 && (withoutRowid || type.equalsIgnoreCase("INTEGER")));
        Column column = new Column(row.getString(1), SqliteDialect.kind(type), !full, type);
        columns.add(column);
        if (place > 0) {
          key.put(place, column);
        }
      }
    }
    if (key.isEmpty()) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "the table '" + name + "' has no primary key, which its rows are told apart by");
    }
    return new Table(name, Dialect.quoted(name), columns, List.copyOf(key.values()), false);
  }
}
