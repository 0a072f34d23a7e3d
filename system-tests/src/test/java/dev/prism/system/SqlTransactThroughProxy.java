package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TransactConstraints;

/** The Transact suite through the product, of a database that speaks SQL. */
abstract class SqlTransactThroughProxy extends TransactThroughProxy implements TransactConstraints {
  SqlTransactThroughProxy(String backend, BackendType type) {
    super(backend, type);
  }

  @Override
  protected abstract SqlTables tables();

  @Override
  public void sql(String table, String statement) {
    tables().execute(statement.formatted(tables().name(table)));
  }

  @Override
  public String name(String table) {
    return tables().name(table);
  }
}
