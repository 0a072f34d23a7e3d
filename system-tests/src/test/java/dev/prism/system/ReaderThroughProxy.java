package dev.prism.system;

import dev.prism.config.v1.BackendConfig;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.conformance.ReaderApi;
import dev.prism.conformance.ReaderSuite;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The Reader suite as a client of the shipped product sees it, on tables that are made beside it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ReaderThroughProxy extends ReaderSuite {
  private final String backend;
  private final BackendType type;
  private final Path data;
  private Prism prism;
  private OpenSession session;
  private ReaderApi api;
  private ReaderApi elsewhere;

  ReaderThroughProxy(String backend, BackendType type) {
    this.backend = backend;
    this.type = type;
    this.data = Prism.newDirectory("reader-" + backend);
  }

  /** The backend's settings, once its server is started; none for one that needs no server. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  /** Where the product keeps its files. */
  protected Path data() {
    return data;
  }

  /** The whole walk is the plugin's own suite's. */
  @Override
  public int randomOperations() {
    return 5_000;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.upWith(data, Map.of(backend, settings()), "default", "elsewhere");
    session = open("default", AccessPattern.ACCESS_PATTERN_READER);
    api = new ReaderApi(session.api());
    elsewhere = new ReaderApi(open("elsewhere", AccessPattern.ACCESS_PATTERN_READER).api());
  }

  /** A session on the backend. */
  protected OpenSession open(String namespace, AccessPattern pattern) {
    ClientConfig config =
        ClientConfig.newBuilder()
            .setName("test")
            .setPattern(pattern)
            .setBackend(BackendConfig.newBuilder().setType(type).setName(backend))
            .build();
    return new OpenSession(
        prism,
        SessionServiceGrpc.newBlockingStub(prism.channel())
            .withDeadlineAfter(10, TimeUnit.SECONDS)
            .createSession(
                CreateSessionRequest.newBuilder()
                    .setNamespace(namespace)
                    .setInlineConfig(config)
                    .build()));
  }

  @AfterAll
  void stop() throws IOException {
    System.out.printf(
        "%s: %d MiB resident after the suite%n",
        backend, Signals.residentBytes(prism.plugin(backend).getPid()) >> 20);
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
  public ReaderApi api() {
    return api;
  }

  @Override
  public ReaderApi elsewhere() {
    return elsewhere;
  }
}
