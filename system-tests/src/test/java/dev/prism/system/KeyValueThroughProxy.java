package dev.prism.system;

import dev.prism.conformance.Counts;
import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionResponse;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The KeyValue suite as a client of the shipped product sees it: gRPC, gate, ring, plugin process.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KeyValueThroughProxy extends KeyValueSuite {
  private final String backend;
  private Prism prism;
  private OpenSession session;
  private KeyValueApi api;

  KeyValueThroughProxy(String backend) {
    this.backend = backend;
  }

  /** Starts the product with the backend. */
  protected abstract Prism up() throws IOException;

  /** Opens a session on it. */
  protected abstract CreateSessionResponse open(Prism prism);

  @BeforeAll
  void start() throws IOException {
    prism = up();
    session = new OpenSession(prism, open(prism));
    api = new KeyValueApi(session.api());
  }

  @AfterAll
  void stop() {
    prism.close();
  }

  /** The whole walk is the plugin's own suite's. */
  @Override
  public int randomOperations() {
    return Counts.of(10_000, 5_000);
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
  public KeyValueApi api() {
    return api;
  }

  @Override
  public void restart() {
    Signals.killAndAwaitTheNext(prism, backend);
  }
}
