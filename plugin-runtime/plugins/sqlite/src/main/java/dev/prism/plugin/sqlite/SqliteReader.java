package dev.prism.plugin.sqlite;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.type.v1.Value;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the tables in a namespace's file. A page is a statement of its own, so that nothing is
 * held between pages and the log can be copied into the database. Reads see every commit before
 * them, whatever consistency was asked for.
 */
final class SqliteReader implements RecordReader {
  private final TablesFiles files;
  private final int readers;

  SqliteReader(TablesFiles files, int readers) {
    this.files = files;
    this.readers = readers;
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SORT);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public int readers() {
    return readers;
  }

  @Override
  public byte[] cursorKey() {
    return CursorKey.of(files.cursorKey());
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    TablesFile file = files.find(namespace);
    return file == null ? null : file.readers().with(reads -> reads.table(name)).orElse(null);
  }

  @Override
  public Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience) {
    return readers(namespace).with(reads -> reads.page(query, position, size, patience));
  }

  @Override
  public long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience) {
    return readers(namespace).with(reads -> reads.count(table, filter, atMost, patience));
  }

  @Override
  public @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience) {
    return readers(namespace).with(reads -> reads.get(table, columns, key)).orElse(null);
  }

  /** Of a namespace in which a table was found. */
  private ReaderPool<TableReads> readers(String namespace) {
    return files.create(namespace).readers();
  }

  @Override
  public void ping() {
    // The disk is asked by the values' own ping.
  }

  @Override
  public void close() {
    files.close();
  }
}
