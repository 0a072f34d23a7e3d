package dev.prism.system;

import dev.prism.config.v1.BackendType;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queues whose plugin is killed again and again. */
@Tag("system")
class QueueKilledTest {
  @Test
  void nothingAcknowledgedIsLostAndTheOrderOfAKeyHolds() throws Exception {
    try (Prism prism = Prism.upWith("sqlite", Map.of())) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_SQLITE)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "sqlite"));
    }
  }
}
