package dev.prism.sdk.reader;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which rows are read, and in which order.
 *
 * @param columns those that are answered, in this order; empty: all that an open table's rows have
 * @param filter which rows; null: all
 * @param sort in which order; the primary key decides between rows that are equal in it. Empty: by
 *     the primary key, as the backend has it
 */
public record Query(
    Table table, List<Column> columns, @Nullable Condition filter, List<Order> sort) {}
