package dev.prism.system;

import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
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
  private final String config;
  private Prism prism;
  private OpenSession session;
  private KeyValueApi api;

  KeyValueThroughProxy(String backend, String config) {
    this.backend = backend;
    this.config = config;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.up(Prism.newDirectory("conformance-" + backend));
    session =
        new OpenSession(
            prism,
            SessionServiceGrpc.newBlockingStub(prism.channel())
                .createSession(CreateSessionRequest.newBuilder().setConfigName(config).build()));
    api = new KeyValueApi(session.api());
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
  public KeyValueApi api() {
    return api;
  }

  @Override
  public void restart() {
    Signals.killAndAwaitTheNext(prism, backend);
  }
}
