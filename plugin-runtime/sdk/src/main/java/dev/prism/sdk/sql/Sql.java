package dev.prism.sdk.sql;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The text of a statement as it grows, and its parameters. */
public final class Sql {
  /** Sets one parameter. */
  @FunctionalInterface
  public interface Parameter {
    /** Sets it at its place. */
    void set(PreparedStatement statement, int index) throws SQLException;
  }

  private final Dialect dialect;
  private final StringBuilder text = new StringBuilder(256);
  private final List<Parameter> parameters = new ArrayList<>();

  public Sql(Dialect dialect) {
    this.dialect = dialect;
  }

  /** Text of the plugin's own; never of a request. */
  public Sql add(String more) {
    text.append(more);
    return this;
  }

  /** Text that holds one {@code ?}, and what stands there. */
  public Sql add(String more, Parameter parameter) {
    text.append(more);
    parameters.add(parameter);
    return this;
  }

  /** Prepares it and sets its parameters. */
  public PreparedStatement prepare(StatementCache statements) throws SQLException {
    PreparedStatement statement = statements.prepare(text.toString());
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).set(statement, i + 1);
    }
    return statement;
  }

  /** The condition, which may be true, false or null; null stands for false. */
  public Sql condition(Condition condition) {
    switch (condition) {
      case Condition.All(List<Condition> conditions) -> joined(conditions, " AND ");
      case Condition.Any(List<Condition> conditions) -> joined(conditions, " OR ");
      case Condition.Not(Condition negated) -> {
        add("(");
        condition(negated);
        add(" IS NOT TRUE)");
      }
      case Condition.Comparison(Column column, Operator operator, Value value) ->
          comparison(column, operator, value);
      case Condition.Membership(Column column, List<Value> values, boolean excluded) -> {
        add("(" + dialect.compared(column) + (excluded ? " NOT IN (" : " IN ("));
        for (int i = 0; i < values.size(); i++) {
          add(i == 0 ? "" : ", ");
          value(column, values.get(i));
        }
        add("))");
      }
      case Condition.IsNull(Column column) ->
          add("(" + Dialect.quoted(column.name()) + " IS NULL)");
    }
    return this;
  }

  private void joined(List<Condition> conditions, String with) {
    add("(");
    for (int i = 0; i < conditions.size(); i++) {
      add(i == 0 ? "" : with);
      condition(conditions.get(i));
    }
    add(")");
  }

  private void comparison(Column column, Operator operator, Value value) {
    switch (operator) {
      case OPERATOR_CONTAINS, OPERATOR_STARTS_WITH, OPERATOR_ENDS_WITH -> {
        add("(" + dialect.match(column, operator, value) + ")");
        for (int i = 0; i < dialect.matchParameters(column, operator); i++) {
          parameters.add((statement, index) -> dialect.bindMatch(statement, index, column, value));
        }
      }
      default -> {
        add("(" + dialect.compared(column) + sign(operator));
        value(column, value);
        add(")");
      }
    }
  }

  private static String sign(Operator operator) {
    return switch (operator) {
      case OPERATOR_EQUAL -> " = ";
      case OPERATOR_NOT_EQUAL -> " <> ";
      case OPERATOR_LESS -> " < ";
      case OPERATOR_LESS_OR_EQUAL -> " <= ";
      case OPERATOR_GREATER -> " > ";
      case OPERATOR_GREATER_OR_EQUAL -> " >= ";
      default -> throw new IllegalArgumentException("not a comparison: " + operator);
    };
  }

  /** A parameter that the column's expression is compared with. */
  public Sql value(Column column, Value value) {
    return add(
        dialect.parameter(column, value),
        (statement, index) -> dialect.bind(statement, index, column, value));
  }
}
