package dev.prism.plugin.neptune;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Condition;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One page in the order of the ids. The place after a row is its id. */
final class KeyedPage {
  private final Gremlin graph;
  private final Consistency consistency;
  private final Query query;
  private final Narrowing narrowing;

  /** What the graph has not decided; null: nothing. */
  private final @Nullable Condition undecided;

  private final RowPage page;
  private End full = End.ROWS;

  KeyedPage(Gremlin graph, Consistency consistency, Query query, PageSize size) {
    this.graph = graph;
    this.consistency = consistency;
    this.query = query;
    this.narrowing = Narrowing.of(query.filter());
    this.undecided = narrowing.exact() ? null : query.filter();
    this.page = new RowPage(query, size);
  }

  Chunk read(byte @Nullable [] position, Patience patience) {
    Scan scan =
        new Scan(
            graph,
            consistency,
            query.table().physicalName(),
            narrowing,
            Projection.of(query.columns(), undecided),
            position == null ? null : new String(position, StandardCharsets.UTF_8));
    End end;
    try {
      end = scan.run(this::wanted, patience, this::take) ? End.TABLE : full;
    } catch (Gremlin.PatienceOverException e) {
      end = End.PATIENCE;
    }
    String last = scan.last();
    return page.chunk(
        last == null || end == End.TABLE ? null : last.getBytes(StandardCharsets.UTF_8), end);
  }

  /** One more than fits tells whether there is another page. */
  private int wanted() {
    return undecided == null ? page.left() + 1 : Integer.MAX_VALUE;
  }

  private boolean take(Vertex vertex) {
    if (undecided != null && !undecided.holds(vertex::value)) {
      return true;
    }
    End end = page.add(vertex.row());
    if (end == null) {
      return true;
    }
    full = end;
    return false;
  }
}
