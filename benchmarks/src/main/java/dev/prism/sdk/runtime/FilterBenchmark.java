package dev.prism.sdk.runtime;

import dev.prism.plugin.postgres.PostgresDialects;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.sql.Dialect;
import dev.prism.sdk.sql.Sql;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A filter of six conditions on a table of twelve columns, from the request's message to the SQL of
 * PostgreSQL. In the runtime's package, as its rules are not public.
 */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FilterBenchmark {
  private final Dialect dialect = PostgresDialects.ofTables();
  private final Table table = table();
  private final Filter filter = filter();

  /** The names looked up, the values checked, the condition written. */
  @Benchmark
  public Sql toSql() {
    Condition condition = new RowRules(table).filter(true, filter);
    return new Sql(dialect).condition(Objects.requireNonNull(condition));
  }

  private static Table table() {
    List<Column> columns =
        List.of(
            new Column("id", Kind.INT64, false, "bigint"),
            new Column("customer", Kind.STRING, false, "text"),
            new Column("status", Kind.STRING, false, "text"),
            new Column("total", Kind.DECIMAL, false, "numeric(12,2)"),
            new Column("currency", Kind.STRING, false, "character varying(3)"),
            new Column("created_at", Kind.TIMESTAMP, false, "timestamp with time zone"),
            new Column("updated_at", Kind.TIMESTAMP, true, "timestamp with time zone"),
            new Column("shipped_at", Kind.TIMESTAMP, true, "timestamp with time zone"),
            new Column("carrier", Kind.STRING, true, "text"),
            new Column("tags", Kind.LIST, true, "text[]"),
            new Column("gift", Kind.BOOL, false, "boolean"),
            new Column("note", Kind.STRING, true, "text"));
    return new Table(
        "orders", "\"benchmark\".\"orders\"", columns, List.of(columns.getFirst()), false);
  }

  /** Whose orders, in which state, of which worth, a gift or without a note, by which carrier. */
  private static Filter filter() {
    return all(
        compared("customer", Operator.OPERATOR_EQUAL, Values.of("customer-0123456789")),
        Filter.newBuilder()
            .setMembership(
                Membership.newBuilder()
                    .setColumn("status")
                    .addValues(Values.of("paid"))
                    .addValues(Values.of("packed"))
                    .addValues(Values.of("shipped")))
            .build(),
        compared("total", Operator.OPERATOR_GREATER_OR_EQUAL, Values.of(100)),
        Filter.newBuilder()
            .setAnyOf(
                FilterList.newBuilder()
                    .addFilters(compared("gift", Operator.OPERATOR_EQUAL, Values.of(true)))
                    .addFilters(Filter.newBuilder().setIsNull("note")))
            .build(),
        compared("carrier", Operator.OPERATOR_STARTS_WITH, Values.of("DH")));
  }

  private static Filter all(Filter... filters) {
    return Filter.newBuilder()
        .setAllOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  private static Filter compared(String column, Operator operator, Value value) {
    return Filter.newBuilder()
        .setComparison(Comparison.newBuilder().setColumn(column).setOp(operator).setValue(value))
        .build();
  }
}
