package dev.prism.sdk.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A connection's prepared statements, those used last: requests make new ones without end. One
 * thread at a time.
 */
public final class StatementCache {
  private static final int MOST = 64;

  private final Connection connection;
  private final LinkedHashMap<String, PreparedStatement> statements =
      new LinkedHashMap<>(16, 0.75f, true);

  public StatementCache(Connection connection) {
    this.connection = connection;
  }

  /** Whose statements they are. */
  public Connection connection() {
    return connection;
  }

  /** The statement of this text; not to be closed. */
  public PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement known = statements.get(sql);
    if (known != null) {
      return known;
    }
    PreparedStatement statement = connection.prepareStatement(sql);
    statements.put(sql, statement);
    if (statements.size() > MOST) {
      Map.Entry<String, PreparedStatement> oldest = statements.pollFirstEntry();
      if (oldest != null) {
        oldest.getValue().close();
      }
    }
    return statement;
  }
}
