package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.PubSubApi;
import dev.prism.conformance.PubSubSuite;
import dev.prism.sdk.Capability;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The suite of events as a client of the shipped product sees it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PubSubThroughProxy extends PubSubSuite {
  private final String backend;
  private final BackendType type;
  protected Prism prism;
  private OpenSession session;
  private PubSubApi api;
  private PubSubApi otherApi;

  PubSubThroughProxy(String backend, BackendType type) {
    this.backend = backend;
    this.type = type;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.upWith(backend, settings());
    session = open();
    api = new PubSubApi(session.api());
    otherApi = new PubSubApi(open().api());
  }

  private OpenSession open() {
    return new OpenSession(prism, prism.openSession(AccessPattern.ACCESS_PATTERN_PUBSUB, type));
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
  public PubSubApi api() {
    return api;
  }

  @Override
  public PubSubApi otherApi() {
    return otherApi;
  }

  @Override
  public void restart() {
    Signals.killAndAwaitTheNext(prism, backend);
  }
}
