package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Order;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One page. In the table's own order it begins where the last one ended. In any other DynamoDB has
 * no index that keeps it: all rows are looked at, and the first ones behind the place are kept, no
 * more than the page holds.
 */
final class TablePage {
  /** What the places of a page may take; it ends where they would take more. */
  private static final int MOST_PLACES_BYTES = 4 << 20;

  /** What a value takes besides itself. */
  private static final int FRAME_BYTES = 2;

  private final Query query;
  private final PageSize size;
  private final TableScan scan;
  private final RowPage page;
  private End full = End.ROWS;

  TablePage(Requests requests, boolean consistent, Query query, PageSize size) {
    this.query = query;
    this.size = size;
    this.scan = new TableScan(requests, query.table(), consistent, query.filter());
    this.page = new RowPage(query, size);
  }

  Chunk read(byte @Nullable [] position, Patience patience) {
    Access.Direction direction = scan.access().direction(query.sort(), query.table());
    if (direction == Access.Direction.OTHER) {
      return sorted(position, patience);
    }
    if (direction == Access.Direction.DOWN) {
      scan.backwards();
    }
    scan.project(query.columns(), List.of());
    if (position != null) {
      scan.after(Place.parse(position, 0, query.table()));
    }
    End end;
    try {
      // One more than fits tells whether there is another page.
      end = scan.run(() -> page.left() + 1, patience, this::take) ? End.TABLE : full;
    } catch (Requests.PatienceOverException e) {
      end = End.PATIENCE;
    }
    return chunk(scan.reached(), end);
  }

  private boolean take(Map<String, Value> row) {
    End end = page.add(row);
    if (end != null) {
      full = end;
    }
    return end == null;
  }

  private Chunk chunk(@Nullable Place reached, End end) {
    return page.chunk(reached == null || end == End.TABLE ? null : reached.bytes(), end);
  }

  private Chunk sorted(byte @Nullable [] position, Patience patience) {
    List<Order> sort = query.sort();
    Place after = position == null ? null : Place.parse(position, sort.size(), query.table());
    scan.project(query.columns(), sort.stream().map(Order::column).toList());
    Nearest nearest = new Nearest(Place.order(sort), after);
    try {
      scan.run(
          () -> TableScan.ALL,
          patience,
          row -> {
            nearest.offer(Place.of(query.table(), row, sort), row);
            return true;
          });
    } catch (Requests.PatienceOverException e) {
      return page.chunk(null, End.PATIENCE); // those found so far need not be the first
    }
    Place last = after;
    for (Candidate candidate : nearest.inOrder()) {
      End end = page.add(candidate.row());
      if (end != null) {
        return chunk(last, end);
      }
      last = candidate.place();
    }
    return chunk(last, nearest.dropped ? End.BYTES : End.TABLE);
  }

  private record Candidate(Place place, Map<String, Value> row, long bytes) {}

  /** Keeps the first rows behind a place: those that the page holds, and one more. */
  private final class Nearest {
    private final Comparator<Place> order;
    private final @Nullable Place after;
    private final PriorityQueue<Candidate> candidates;
    private long bytes;
    private long places;
    private boolean dropped;

    Nearest(Comparator<Place> order, @Nullable Place after) {
      this.order = order;
      this.after = after;
      this.candidates =
          new PriorityQueue<>(Comparator.comparing(Candidate::place, order).reversed());
    }

    void offer(Place place, Map<String, Value> row) {
      if (after != null && order.compare(place, after) <= 0) {
        return;
      }
      Candidate last = candidates.peek();
      if (dropped && last != null && order.compare(place, last.place()) > 0) {
        return; // what was dropped may come before it
      }
      Candidate candidate = candidate(place, row);
      candidates.add(candidate);
      bytes += candidate.bytes();
      places += place.size();
      while (isTooMany()) {
        Candidate removed = candidates.remove();
        bytes -= removed.bytes();
        places -= removed.place().size();
        dropped = true;
      }
    }

    private boolean isTooMany() {
      Candidate last = candidates.peek();
      return last != null
          && candidates.size() > 1
          && (candidates.size() > size.rows() + 1
              || bytes - last.bytes() > size.bytes()
              || places > MOST_PLACES_BYTES);
    }

    private Candidate candidate(Place place, Map<String, Value> row) {
      if (!query.columns().isEmpty()) {
        row.keySet().retainAll(query.columns().stream().map(Column::name).toList());
      }
      long taken = 0;
      for (Value value : row.values()) {
        taken += value.getSerializedSize() + FRAME_BYTES;
      }
      return new Candidate(place, row, taken);
    }

    List<Candidate> inOrder() {
      List<Candidate> all = new ArrayList<>(candidates);
      all.sort(Comparator.comparing(Candidate::place, order));
      return all;
    }
  }
}
