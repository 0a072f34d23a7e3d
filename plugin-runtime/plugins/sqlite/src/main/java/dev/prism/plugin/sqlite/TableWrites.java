package dev.prism.plugin.sqlite;

import dev.prism.sdk.sql.StatementCache;
import java.sql.Connection;
import java.sql.SQLException;

/** The connection of a tables file that writes. */
final class TableWrites extends Statements {
  private final StatementCache statements;

  TableWrites(Connection connection) throws SQLException {
    super(connection);
    this.statements = new StatementCache(connection);
  }

  /** Statements that requests make: those used last are kept. */
  StatementCache statements() {
    return statements;
  }

  /** Changes what means nothing; see {@link Commits}. */
  void fence() throws SQLException {
    statements.prepare("UPDATE prism_version SET version = version").executeUpdate();
  }
}
