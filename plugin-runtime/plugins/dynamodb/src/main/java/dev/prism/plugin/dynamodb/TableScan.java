package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Select;

/**
 * Goes through the rows of a table that a condition lets through, some at a time, in the order in
 * which DynamoDB has them: each time from the last key on, so that items which come and go
 * meanwhile neither hide others nor show them twice. For one thread.
 */
final class TableScan {
  /** With a filter the next request looks at so many times more items. */
  private static final int GROWTH = 4;

  /** DynamoDB looks at no more than 1 MiB of them. */
  private static final int MOST_ITEMS = 10_000;

  /** A projection of more columns is a longer text than DynamoDB reads. */
  private static final int MOST_PROJECTED = 400;

  /** No end to what may be wanted. */
  static final int ALL = Integer.MAX_VALUE;

  private final Requests requests;
  private final Table table;
  private final boolean consistent;
  private final Expressions expressions = new Expressions();
  private final Access access;
  private final Narrowing.Asked asked;
  private final @Nullable Condition filter;
  private @Nullable String projection;
  private boolean forward = true;
  private @Nullable Map<String, AttributeValue> reached;

  TableScan(Requests requests, Table table, boolean consistent, @Nullable Condition filter) {
    this.requests = requests;
    this.table = table;
    this.consistent = consistent;
    this.filter = filter;
    this.access = Access.of(filter, table, expressions);
    this.asked = Narrowing.of(access.rest(), table, expressions, access.isQuery());
  }

  Access access() {
    return access;
  }

  /** Asks for these columns alone, and those that are needed besides; empty: all. */
  void project(List<Column> columns, List<Column> besides) {
    if (columns.isEmpty()) {
      return;
    }
    List<String> names =
        Stream.of(columns, besides, table.key(), asked.exact() ? List.<Column>of() : named(filter))
            .flatMap(List::stream)
            .map(expressions::name)
            .distinct()
            .toList();
    projection = names.size() > MOST_PROJECTED ? null : String.join(", ", names);
  }

  private static List<Column> named(@Nullable Condition condition) {
    return switch (condition) {
      case null -> List.of();
      case Condition.All(List<Condition> all) ->
          all.stream().flatMap(each -> named(each).stream()).toList();
      case Condition.Any(List<Condition> any) ->
          any.stream().flatMap(each -> named(each).stream()).toList();
      case Condition.Not(Condition negated) -> named(negated);
      case Condition.Comparison comparison -> List.of(comparison.column());
      case Condition.Membership membership -> List.of(membership.column());
      case Condition.IsNull isNull -> List.of(isNull.column());
    };
  }

  /** The last of the partition first. */
  void backwards() {
    forward = false;
  }

  /** Begins behind this place. */
  void after(Place place) {
    reached = Attributes.key(table, place.key());
  }

  /** Behind the last row that was taken, or the last item that was looked at; null before both. */
  @Nullable Place reached() {
    return reached == null ? null : Place.of(table, Attributes.row(table, reached), List.of());
  }

  /**
   * Gives rows to {@code taking} until it takes one no more, which is then not the last.
   *
   * @param wanted how many more it may take
   * @return whether there are no more
   * @throws Requests.PatienceOverException where the caller waits no longer
   */
  boolean run(IntSupplier wanted, Patience patience, Predicate<Map<String, Value>> taking) {
    for (int limit = 0; ; limit = Math.min(limit, MOST_ITEMS / GROWTH) * GROWTH) {
      limit = isEachTaken() ? wanted.getAsInt() : Math.max(limit, wanted.getAsInt());
      Answer answer = ask(limit, false, patience);
      for (Map<String, AttributeValue> item : answer.items()) {
        Map<String, AttributeValue> key = key(item);
        Map<String, Value> row = Attributes.row(table, item);
        if (holds(row) && !taking.test(row)) {
          return false;
        }
        reached = key;
      }
      if (answer.last().isEmpty()) {
        return true;
      }
      reached = answer.last();
    }
  }

  /** Whether every item that DynamoDB looks at is a row that is asked for. */
  private boolean isEachTaken() {
    return asked.exact() && asked.filter() == null;
  }

  private boolean holds(Map<String, Value> row) {
    return asked.exact()
        || filter == null
        || filter.holds(column -> row.getOrDefault(column.name(), Values.NULL));
  }

  private Map<String, AttributeValue> key(Map<String, AttributeValue> item) {
    Map<String, AttributeValue> key = HashMap.newHashMap(2);
    for (Column column : table.key()) {
      AttributeValue part = item.get(column.name());
      if (part == null) {
        throw requests.changed(table);
      }
      key.put(column.name(), part);
    }
    return key;
  }

  /** How many rows there are, or where there are more than {@code atMost} some number above it. */
  long count(long atMost, Patience patience) {
    long[] count = {0};
    if (!asked.exact()) {
      project(table.key(), List.of());
      run(() -> ALL, patience, _ -> ++count[0] <= atMost);
      return count[0];
    }
    while (true) {
      long left = isEachTaken() ? Math.min(atMost - count[0], ALL - 1L) + 1 : ALL;
      Answer answer = ask((int) left, true, patience);
      count[0] += answer.count();
      if (answer.last().isEmpty() || count[0] > atMost) {
        return count[0];
      }
      reached = answer.last();
    }
  }

  /**
   * What DynamoDB answered.
   *
   * @param last the key of the last item that it looked at; empty where there are no more
   */
  private record Answer(
      List<Map<String, AttributeValue>> items, int count, Map<String, AttributeValue> last) {}

  private Answer ask(int limit, boolean countOnly, Patience patience) {
    String key = access.key();
    String columns = countOnly ? null : projection;
    Map<String, String> names = expressions.names(key, asked.filter(), columns);
    Map<String, AttributeValue> values = expressions.values(key, asked.filter());
    Integer most = limit == ALL ? null : limit;
    Select select = countOnly ? Select.COUNT : null;
    return requests.ask(
        table,
        patience,
        (client, timeout) -> {
          if (key == null) {
            var found =
                client.scan(
                    scan ->
                        scan.tableName(table.physicalName())
                            .filterExpression(asked.filter())
                            .projectionExpression(columns)
                            .expressionAttributeNames(names)
                            .expressionAttributeValues(values)
                            .exclusiveStartKey(reached)
                            .limit(most)
                            .select(select)
                            .consistentRead(consistent)
                            .overrideConfiguration(timeout));
            return new Answer(found.items(), found.count(), found.lastEvaluatedKey());
          }
          var found =
              client.query(
                  query ->
                      query
                          .tableName(table.physicalName())
                          .keyConditionExpression(key)
                          .filterExpression(asked.filter())
                          .projectionExpression(columns)
                          .expressionAttributeNames(names)
                          .expressionAttributeValues(values)
                          .exclusiveStartKey(reached)
                          .limit(most)
                          .select(select)
                          .scanIndexForward(forward)
                          .consistentRead(consistent)
                          .overrideConfiguration(timeout));
          return new Answer(found.items(), found.count(), found.lastEvaluatedKey());
        });
  }
}
