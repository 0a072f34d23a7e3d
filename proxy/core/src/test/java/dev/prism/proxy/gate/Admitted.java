package dev.prism.proxy.gate;

import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.session.OpenSession;
import io.grpc.Metadata;
import java.time.Duration;

/** Calls of tests that have passed every step of the gate. */
public final class Admitted {
  private Admitted() {}

  /** A call of a session that has {@code config}, with ten seconds to go. */
  public static Passage of(Method method, byte[] request, BoundConfig config) {
    long now = System.nanoTime();
    Passage passage = new Passage(method, new Metadata(), request, now);
    passage.identify("test", false, "");
    passage.belongTo(OpenSession.of(config));
    passage.use(config, now + Duration.ofSeconds(10).toNanos());
    return passage;
  }
}
