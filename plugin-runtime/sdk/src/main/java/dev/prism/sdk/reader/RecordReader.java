package dev.prism.sdk.reader;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose rows are read. All methods block and are called by the runtime, on at most {@link
 * #readers} threads at once; names, sizes and capabilities have been checked before.
 *
 * <p>A method throws {@link PrismException} for what its caller is to be told. Any other exception
 * is logged and answered INTERNAL.
 */
public interface RecordReader extends AutoCloseable {
  /** What this reader can do; asked once. */
  Set<Capability> capabilities();

  /** The levels at which it may be asked; asked once, at least one. */
  Set<Consistency.Level> consistencyLevels();

  /** How many threads may be in it at once; at least 1. Asked once. */
  int readers();

  /**
   * What cursors are authenticated with, 32 bytes: the same for every process that reads the same
   * backend, so that a read goes on anywhere. Asked until it has been given once.
   */
  byte[] cursorKey();

  /**
   * The table of this name, or null where there is none that the plugin may see.
   *
   * @param name 1 to 128 characters of {@code [A-Za-z0-9_.-]}
   */
  @Nullable Table table(String namespace, String name);

  /**
   * Some rows of a table, from a place on. Returns with what it has when {@code patience} ends.
   *
   * @param position {@link Chunk#next} of the rows before; null: from the start
   */
  Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience);

  /**
   * How many rows a condition lets through, where there are more than {@code atMost} that many and
   * one.
   *
   * @param atMost {@link Long#MAX_VALUE}: all are counted
   */
  long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience);

  /**
   * One row, or null where it is not there.
   *
   * @param columns as {@link Query#columns}
   * @param key a value for each column of the table's key, in its order
   */
  @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience);

  /** Throws where the backend does not answer. */
  void ping();

  @Override
  void close();
}
