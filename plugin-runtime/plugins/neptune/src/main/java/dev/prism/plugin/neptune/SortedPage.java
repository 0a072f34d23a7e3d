package dev.prism.plugin.neptune;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Order;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One page in an order of the caller's. A graph has no index that keeps it, and each server has its
 * own idea of how values of several types, text or nothing are ordered, so that the page is found
 * here: all vertices are looked at by what they are ordered by, the first ones after the place are
 * kept, and these are fetched.
 */
final class SortedPage {
  /** What the places of a page may take; it ends where they would take more. */
  private static final int MOST_PLACES_BYTES = 4 << 20;

  private static final int FIRST_FETCHED = 16;

  /** More ids take a server long to read. */
  private static final int MOST_FETCHED = 512;

  private static final long FETCHED_BYTES = 1 << 20;

  /** An answer that is so much larger than expected is not held. */
  private static final long MOST_FETCHED_BYTES = 8 * FETCHED_BYTES;

  private final Gremlin graph;
  private final Consistency consistency;
  private final Query query;
  private final Narrowing narrowing;
  private final Comparator<Place> order;
  private final RowPage page;
  private final Pace pace = new Pace(FIRST_FETCHED, MOST_FETCHED, FETCHED_BYTES);
  private @Nullable Place reached;

  SortedPage(Gremlin graph, Consistency consistency, Query query, PageSize size) {
    this.graph = graph;
    this.consistency = consistency;
    this.query = query;
    this.narrowing = Narrowing.of(query.filter());
    this.order = Place.order(query.sort());
    this.page = new RowPage(query, size);
  }

  Chunk read(byte @Nullable [] position, Patience patience) {
    reached = position == null ? null : Place.parse(position, query.sort().size());
    End end = null;
    try {
      while (end == null) {
        Found found = find(patience);
        end = fetch(found.places(), patience);
        if (end == null && !found.more()) {
          end = End.TABLE;
        }
      }
    } catch (Gremlin.PatienceOverException e) {
      end = End.PATIENCE;
    }
    return page.chunk(reached == null || end == End.TABLE ? null : reached.toBytes(), end);
  }

  /**
   * The rows that come next.
   *
   * @param places in order
   * @param more whether others come after them
   */
  private record Found(List<Place> places, boolean more) {}

  private Found find(Patience patience) {
    @Nullable Condition undecided = narrowing.exact() ? null : query.filter();
    List<Column> columns = query.sort().stream().map(Order::column).toList();
    Nearest nearest = new Nearest(order, page.left() + 1, reached);
    Scan scan =
        new Scan(
            graph,
            consistency,
            query.table().physicalName(),
            narrowing,
            Projection.these(columns, undecided),
            null);
    scan.run(
        () -> Integer.MAX_VALUE,
        patience,
        vertex -> {
          if (undecided == null || undecided.holds(vertex::value)) {
            nearest.offer(Place.of(vertex, query.sort()));
          }
          return true;
        });
    return nearest.found();
  }

  /** Keeps the first places after one. */
  private static final class Nearest {
    private final Comparator<Place> order;
    private final int most;
    private final @Nullable Place after;
    private final PriorityQueue<Place> places;
    private long bytes;
    private boolean more;

    Nearest(Comparator<Place> order, int most, @Nullable Place after) {
      this.order = order;
      this.most = most;
      this.after = after;
      this.places = new PriorityQueue<>(order.reversed());
    }

    void offer(Place place) {
      if (after != null && order.compare(place, after) <= 0) {
        return;
      }
      places.add(place);
      bytes += place.bytes();
      while (places.size() > most || (bytes > MOST_PLACES_BYTES && places.size() > 1)) {
        bytes -= places.remove().bytes();
        more = true;
      }
    }

    Found found() {
      List<Place> found = new ArrayList<>(places);
      found.sort(order);
      return new Found(found, more);
    }
  }

  /** Fetches rows until the page is full; null where it is not. */
  private @Nullable End fetch(List<Place> places, Patience patience) {
    int next = 0;
    while (next < places.size()) {
      List<Place> some = places.subList(next, Math.min(places.size(), next + pace.next()));
      Map<String, Vertex> vertices = fetchSome(some, patience);
      if (vertices == null) {
        pace.slower();
        continue;
      }
      for (Place place : some) {
        Vertex vertex = vertices.get(place.id());
        if (vertex != null && isStillAt(place, vertex)) {
          End end = page.add(vertex.row());
          if (end != null) {
            return end;
          }
        }
        reached = place;
      }
      next += some.size();
    }
    return null;
  }

  /** One that was written meanwhile stands elsewhere, or nowhere. */
  private boolean isStillAt(Place place, Vertex vertex) {
    Condition filter = query.filter();
    return order.compare(Place.of(vertex, query.sort()), place) == 0
        && (filter == null || filter.holds(vertex::value));
  }

  /** Vertices by their ids; null where several take more than is to be held. */
  private @Nullable Map<String, Vertex> fetchSome(List<Place> places, Patience patience) {
    Map<String, Vertex> vertices = new HashMap<>();
    List<Column> columns = new ArrayList<>(query.columns());
    if (!columns.isEmpty()) {
      query.sort().forEach(step -> columns.add(step.column()));
    }
    long[] held = {0};
    Gremlin.Answered answered =
        graph.ask(
            consistency,
            "V("
                + Literals.texts(places.stream().map(Place::id))
                + ").hasLabel("
                + Literals.text(query.table().physicalName())
                + ")"
                + Projection.of(columns, query.filter()).steps(),
            patience,
            json -> {
              Vertex vertex = GraphSon.vertex(json);
              vertices.put(vertex.id(), vertex);
              held[0] += vertex.bytes();
              return held[0] <= MOST_FETCHED_BYTES || places.size() == 1;
            });
    if (!answered.whole()) {
      return null;
    }
    pace.seen(answered);
    return vertices;
  }
}
