package dev.prism.plugin.neptune;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows of collections, which are the vertices of a label. A collection is there when it has a
 * vertex: whether it is is asked only where nothing was found.
 */
final class NeptuneReader implements RecordReader {
  private final NeptuneSettings settings;
  private final Gremlin graph;

  NeptuneReader(NeptuneSettings settings) {
    this.settings = settings;
    this.graph = new Gremlin(settings, InstantSource.system());
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SORT);
  }

  /** All of them: what is not EVENTUAL is read at the writer, which sees every write. */
  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public int readers() {
    return settings.readers();
  }

  @Override
  public byte[] cursorKey() {
    byte[] given = settings.cursorKey();
    return given == null ? new CursorKey(graph).get() : given;
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    String label = settings.labels().label(namespace, name);
    return label == null ? null : Vertex.table(name, label);
  }

  @Override
  public Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience) {
    Chunk chunk =
        query.sort().isEmpty()
            ? new KeyedPage(graph, consistency, query, size).read(position, patience)
            : new SortedPage(graph, consistency, query, size).read(position, patience);
    if (position == null && chunk.rows().isEmpty() && chunk.end() == Chunk.End.TABLE) {
      checkIsThere(consistency, query.table(), patience);
    }
    return chunk;
  }

  @Override
  public long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience) {
    try {
      Narrowing narrowing = Narrowing.of(filter);
      long count =
          filter == null || narrowing.exact()
              ? graphCounts(consistency, table, narrowing, atMost, patience)
              : counted(consistency, table, narrowing, filter, atMost, patience);
      if (count == 0) {
        checkIsThere(consistency, table, patience);
      }
      return count;
    } catch (Gremlin.PatienceOverException e) {
      throw Failures.late();
    }
  }

  private long graphCounts(
      Consistency consistency, Table table, Narrowing narrowing, long atMost, Patience patience) {
    String bound = atMost < Integer.MAX_VALUE ? ".limit(" + (atMost + 1) + ")" : "";
    long[] count = {0};
    graph.ask(
        consistency,
        vertices(table) + narrowing.append() + bound + ".count()",
        patience,
        json -> {
          count[0] = GraphSon.value(json).getInt64Value();
          return true;
        });
    return count[0];
  }

  private long counted(
      Consistency consistency,
      Table table,
      Narrowing narrowing,
      Condition filter,
      long atMost,
      Patience patience) {
    long[] count = {0};
    Projection projection = Projection.these(List.of(), filter);
    new Scan(graph, consistency, table.physicalName(), narrowing, projection, null)
        .run(
            () -> Integer.MAX_VALUE,
            patience,
            vertex -> {
              count[0] += filter.holds(vertex::value) ? 1 : 0;
              return count[0] <= atMost;
            });
    return count[0];
  }

  @Override
  public @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience) {
    try {
      Vertex[] found = {null};
      graph.ask(
          consistency,
          "V(%s).hasLabel(%s)%s"
              .formatted(
                  Literals.text(key.getFirst().getStringValue()),
                  Literals.text(table.physicalName()),
                  Projection.of(columns, null).steps()),
          patience,
          json -> {
            found[0] = GraphSon.vertex(json);
            return true;
          });
      if (found[0] == null) {
        checkIsThere(consistency, table, patience);
        return null;
      }
      return RowPage.found(columns, found[0].row());
    } catch (Gremlin.PatienceOverException e) {
      throw Failures.late();
    }
  }

  private static String vertices(Table table) {
    return "V().hasLabel(" + Literals.text(table.physicalName()) + ")";
  }

  private void checkIsThere(Consistency consistency, Table table, Patience patience) {
    try {
      if (graphCounts(consistency, table, Narrowing.of(null), 0, patience) == 0) {
        throw PrismException.of(
            Reason.COLLECTION_NOT_FOUND, "the namespace has no collection '" + table.name() + "'");
      }
    } catch (Gremlin.PatienceOverException e) {
      throw Failures.late();
    }
  }

  @Override
  public void ping() {
    graph.ask(
        Consistency.STRONG,
        "inject(1)",
        Gremlin.patience(),
        json -> {
          json.skipValue();
          return true;
        });
  }

  @Override
  public void close() {
    graph.close();
  }
}
