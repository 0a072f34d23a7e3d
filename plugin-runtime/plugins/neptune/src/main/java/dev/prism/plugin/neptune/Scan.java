package dev.prism.plugin.neptune;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Patience;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the vertices of a label in the order of their ids, as the graph orders these, some
 * at a time: each time from the last id on, so that vertices which come and go meanwhile neither
 * hide others nor show them twice.
 */
final class Scan {
  private static final int FIRST = 512;
  private static final int MOST = 50_000;
  private static final long ANSWER_BYTES = 4 << 20;

  private final Gremlin graph;
  private final Consistency consistency;
  private final String from;
  private final Projection projection;
  private @Nullable String last;

  /**
   * @param after where it begins; null: with the first
   */
  Scan(
      Gremlin graph,
      Consistency consistency,
      String label,
      Narrowing narrowing,
      Projection projection,
      @Nullable String after) {
    this.graph = graph;
    this.consistency = consistency;
    this.from = "V().hasLabel(" + Literals.text(label) + ")" + narrowing.append();
    this.projection = projection;
    this.last = after;
  }

  /** The id of the last vertex that was taken; null before there was one. */
  @Nullable String last() {
    return last;
  }

  /**
   * Gives vertices to {@code taking} until it takes one no more, which is then not the last.
   *
   * @param wanted how many more it may take
   * @return whether there are no more
   */
  boolean run(IntSupplier wanted, Patience patience, Predicate<Vertex> taking) {
    Pace pace = new Pace(FIRST, MOST, ANSWER_BYTES);
    while (true) {
      int limit = Math.min(pace.next(), wanted.getAsInt());
      Gremlin.Answered answered =
          graph.ask(
              consistency,
              from
                  + (last == null ? "" : ".has(id,gt(" + Literals.text(last) + "))")
                  + ".order().by(id).limit("
                  + limit
                  + ")"
                  + projection.steps(),
              patience,
              json -> {
                Vertex vertex = GraphSon.vertex(json);
                if (!taking.test(vertex)) {
                  return false;
                }
                last = vertex.id();
                return true;
              });
      if (!answered.whole()) {
        return false;
      }
      if (answered.elements() < limit) {
        return true;
      }
      pace.seen(answered);
    }
  }
}
