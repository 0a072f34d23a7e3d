package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The Queue suite as a client of the shipped product sees it: gRPC, gate, ring, plugin process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class QueueThroughProxy extends QueueSuite {
  private final String backend;
  private final BackendType type;
  protected Prism prism;
  private OpenSession session;
  private QueueApi api;

  QueueThroughProxy(String backend, BackendType type) {
    this.backend = backend;
    this.type = type;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.upWith(backend, settings());
    session = new OpenSession(prism, prism.openQueueSession(type));
    api = new QueueApi(session.api());
  }

  /** The backend's settings, once its server is started; none for one that needs no server. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  @AfterAll
  void stop() {
    prism.close();
  }

  @Override
  public String backend() {
    return backend;
  }

  @Override
  public Set<Capability> capabilities() {
    return session.capabilities();
  }

  @Override
  public QueueApi api() {
    return api;
  }

  @Override
  public void restart() {
    Signals.killAndAwaitTheNext(prism, backend);
  }
}
