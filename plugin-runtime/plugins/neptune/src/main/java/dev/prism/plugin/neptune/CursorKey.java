package dev.prism.plugin.neptune;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.status.PrismException;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The key of cursors, kept in the graph, so that every process has the same: one vertex with a
 * label that no collection has.
 */
final class CursorKey {
  private static final int BYTES = 32;
  private static final String LABEL = Literals.text(Labels.OWN);
  private static final String ID = Literals.text("prism(cursor-key)");

  private final Gremlin graph;

  CursorKey(Gremlin graph) {
    this.graph = graph;
  }

  /** Reads it, and makes it where there is none. */
  byte[] get() {
    byte[] kept = read();
    if (kept != null) {
      return kept;
    }
    byte[] made = new byte[BYTES];
    new SecureRandom().nextBytes(made);
    try {
      graph.ask(
          Consistency.STRONG,
          "addV(%s).property(id,%s).property(single,'key',%s).id()"
              .formatted(LABEL, ID, Literals.text(HexFormat.of().formatHex(made))),
          Gremlin.patience(),
          json -> {
            json.skipValue();
            return true;
          });
      return made;
    } catch (PrismException e) {
      // Another process may have made it: a second vertex of that id is refused.
      byte[] others = read();
      if (others == null) {
        throw e;
      }
      return others;
    }
  }

  private byte @Nullable [] read() {
    byte[][] key = {null};
    graph.ask(
        Consistency.STRONG,
        "V(%s).hasLabel(%s).values('key')".formatted(ID, LABEL),
        Gremlin.patience(),
        json -> {
          key[0] = HexFormat.of().parseHex(json.nextString());
          return true;
        });
    return key[0];
  }
}
