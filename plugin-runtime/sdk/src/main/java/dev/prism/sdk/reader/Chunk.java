package dev.prism.sdk.reader;

import dev.prism.type.v1.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a read.
 *
 * @param columns the names of the columns, in the order of every row's values: the query's, or
 *     where that names none and the table is open those that its rows have
 * @param rows in order, each with a value a column
 * @param next where to go on, opaque to the runtime; null where there is nothing more, or where
 *     patience ended before anything was looked at
 * @param end why there are no more rows in it
 */
@SuppressWarnings("ArrayRecordComponent")
public record Chunk(List<String> columns, List<List<Value>> rows, byte @Nullable [] next, End end) {
  /** Why a chunk ended. */
  public enum End {
    /** It has as many rows as were asked for. */
    ROWS,
    /** One more row would have taken it over its bytes. */
    BYTES,
    /** {@link Patience#isOver}. */
    PATIENCE,
    /** There are no more rows. */
    TABLE
  }
}
