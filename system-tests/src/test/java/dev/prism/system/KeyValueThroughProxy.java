package dev.prism.system;

import dev.prism.conformance.GrpcApi;
import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.ClientInterceptors;
import java.io.IOException;
import java.util.EnumSet;
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
  private CreateSessionResponse session;
  private KeyValueApi api;

  KeyValueThroughProxy(String backend, String config) {
    this.backend = backend;
    this.config = config;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.up(Prism.newDirectory("conformance-" + backend));
    session =
        SessionServiceGrpc.newBlockingStub(prism.channel())
            .createSession(CreateSessionRequest.newBuilder().setConfigName(config).build());
    api =
        new KeyValueApi(
            new GrpcApi(
                () ->
                    ClientInterceptors.intercept(
                        prism.channel(), Prism.session(session.getSessionToken()))));
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
    Set<Capability> declared = EnumSet.noneOf(Capability.class);
    session
        .getConfigs(0)
        .getCapabilitiesList()
        .forEach(name -> declared.add(Capability.valueOf(name)));
    return declared;
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
