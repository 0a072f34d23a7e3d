package dev.prism.plugin.postgres;

import dev.prism.sdk.sql.Dialect;
import org.jspecify.annotations.NullMarked;

/** PostgreSQL's dialect for benchmarks, as its class is not public. */
@NullMarked
public final class PostgresDialects {
  private PostgresDialects() {}

  /** That of tables. */
  public static Dialect ofTables() {
    return new PostgresDialect();
  }
}
