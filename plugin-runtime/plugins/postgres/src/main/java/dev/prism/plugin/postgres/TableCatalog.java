package dev.prism.plugin.postgres;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.sql.Dialect;
import dev.prism.sdk.sql.StatementCache;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables of the namespaces' schemas, as far as the plugin's user may read them. What was read
 * counts for {@value #FRESH_MILLIS} ms, so that a change is seen by then. Any thread.
 */
final class TableCatalog {
  static final long FRESH_MILLIS = 2000;

  /** Bounds what is kept; beyond it all is read anew. */
  private static final int MOST_KNOWN = 10_000;

  private static final String COLUMNS =
      """
      SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid),
          CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END),
        b.typname, b.typcategory = 'A', a.attnotnull,
        (SELECT k.n FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
          WHERE i.indrelid = c.oid AND i.indisprimary AND k.attnum = a.attnum)
      FROM pg_class c
      JOIN pg_namespace s ON s.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
      JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
      WHERE s.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')
        AND has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      ORDER BY a.attnum
      """;

  private final String pattern;
  private final String own;
  private final InstantSource clock;
  private final Map<Name, Known> known = new ConcurrentHashMap<>();

  private record Name(String schema, String table) {}

  private record Known(@Nullable Table table, long readMillis) {}

  /**
   * @param pattern a schema's name, in which {@code {namespace}} stands for the namespace
   * @param own the schema of Prism's own tables, which are nobody's
   */
  TableCatalog(String pattern, String own, InstantSource clock) {
    this.pattern = pattern;
    this.own = own;
    this.clock = clock;
  }

  /** The schema of a namespace's tables. */
  String schema(String namespace) {
    return pattern.replace("{namespace}", namespace);
  }

  /** Asks the database where nothing fresh is known; null where there is no such table. */
  @Nullable Table table(Reading reading, String namespace, String name) {
    Name key = new Name(schema(namespace), name);
    long now = clock.millis();
    Known table = known.get(key);
    if (table == null || now - table.readMillis() >= FRESH_MILLIS || now < table.readMillis()) {
      if (known.size() >= MOST_KNOWN) {
        known.clear();
      }
      table = new Known(reading.read(statements -> read(statements, key)).orElse(null), now);
      known.put(key, table);
    }
    return table.table();
  }

  /** Runs something on a connection. */
  interface Reading {
    /** Runs it. */
    <T> T read(Work<T> work);
  }

  /** What is done on a connection. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it. */
    T run(StatementCache statements) throws SQLException;
  }

  /** A statement has found a table changed. */
  void forget() {
    known.clear();
  }

  private Optional<Table> read(StatementCache statements, Name name) throws SQLException {
    // No namespace may name a schema of the database's or of Prism's own.
    if (name.schema().equals(own)
        || name.schema().startsWith("pg_")
        || name.schema().equals("information_schema")) {
      return Optional.empty();
    }
    List<Column> columns = new ArrayList<>();
    Map<Integer, Column> key = new TreeMap<>();
    PreparedStatement query = statements.prepare(COLUMNS);
    query.setString(1, name.schema());
    query.setString(2, name.table());
    try (ResultSet row = query.executeQuery()) {
      while (row.next()) {
        Column column =
            new Column(
                row.getString(1),
                PostgresDialect.kind(row.getString(3), row.getBoolean(4)),
                !row.getBoolean(5),
                row.getString(2));
        columns.add(column);
        int place = row.getInt(6);
        if (place > 0) {
          key.put(place, column);
        }
      }
    }
    if (columns.isEmpty()) {
      return Optional.empty();
    }
    if (key.isEmpty()) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "the table '" + name.table() + "' has no primary key, which its rows are told apart by");
    }
    return Optional.of(
        new Table(
            name.table(),
            Dialect.quoted(name.schema()) + "." + Dialect.quoted(name.table()),
            columns,
            List.copyOf(key.values()),
            false));
  }
}
