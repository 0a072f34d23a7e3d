package dev.prism.plugin.neptune;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for of each vertex: its id, and properties.
 *
 * @param steps as {@link GraphSon#vertex} reads what they give, with a dot before them
 */
record Projection(String steps) {
  /** All properties. */
  static final Projection ALL = new Projection(".project('i','v').by(id()).by(valueMap())");

  private static final Projection ID = new Projection(".project('i').by(id())");

  /** The columns of a query, where it names none all of them, and those of {@code condition}. */
  static Projection of(List<Column> columns, @Nullable Condition condition) {
    return columns.isEmpty() ? ALL : these(columns, condition);
  }

  /** These columns and no others, and those of {@code condition}. */
  static Projection these(List<Column> columns, @Nullable Condition condition) {
    List<String> names =
        Stream.concat(columns.stream(), condition == null ? Stream.of() : columns(condition))
            .filter(column -> !Vertex.isId(column) && !Vertex.isReserved(column))
            .map(Column::name)
            .distinct()
            .toList();
    return names.isEmpty()
        ? ID
        : new Projection(
            ".project('i','v').by(id()).by(valueMap(" + Literals.texts(names.stream()) + "))");
  }

  private static Stream<Column> columns(Condition condition) {
    return switch (condition) {
      case Condition.All(List<Condition> all) -> all.stream().flatMap(Projection::columns);
      case Condition.Any(List<Condition> any) -> any.stream().flatMap(Projection::columns);
      case Condition.Not(Condition negated) -> columns(negated);
      case Condition.Comparison comparison -> Stream.of(comparison.column());
      case Condition.Membership membership -> Stream.of(membership.column());
      case Condition.IsNull isNull -> Stream.of(isNull.column());
    };
  }
}
