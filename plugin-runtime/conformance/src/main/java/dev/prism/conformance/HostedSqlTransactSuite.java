package dev.prism.conformance;

/** The suite on a plugin in the test's own process, of a database that speaks SQL. */
public abstract class HostedSqlTransactSuite extends HostedTransactSuite
    implements TransactConstraints {
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
