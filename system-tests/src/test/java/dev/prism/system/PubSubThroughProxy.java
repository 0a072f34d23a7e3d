package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.GrpcApi;
import dev.prism.conformance.PubSubApi;
import dev.prism.conformance.PubSubSuite;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.type.v1.AccessPattern;
import io.grpc.ClientInterceptors;
import java.io.IOException;
import java.util.EnumSet;
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
  private CreateSessionResponse session;
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
    api = api(session);
    otherApi = api(open());
  }

  private CreateSessionResponse open() {
    return prism.openSession(AccessPattern.ACCESS_PATTERN_PUBSUB, type);
  }

  private PubSubApi api(CreateSessionResponse opened) {
    return new PubSubApi(
        new GrpcApi(
            () ->
                ClientInterceptors.intercept(
                    prism.channel(), Prism.session(opened.getSessionToken()))));
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
    Set<Capability> declared = EnumSet.noneOf(Capability.class);
    session
        .getConfigs(0)
        .getCapabilitiesList()
        .forEach(name -> declared.add(Capability.valueOf(name)));
    return declared;
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
