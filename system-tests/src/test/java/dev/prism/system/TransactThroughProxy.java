package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.ReaderApi;
import dev.prism.conformance.TableSpec;
import dev.prism.conformance.TestTables;
import dev.prism.conformance.TransactApi;
import dev.prism.conformance.TransactSuite;
import dev.prism.sdk.Capability;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The Transact suite as a client of the shipped product sees it, on tables that another program
 * made.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TransactThroughProxy extends TransactSuite {
  private final String backend;
  private final BackendType type;
  private final Path data;
  private Prism prism;
  private OpenSession session;
  private TransactApi api;
  private ReaderApi reader;

  TransactThroughProxy(String backend, BackendType type) {
    this.backend = backend;
    this.type = type;
    this.data = Prism.newDirectory("transact-" + backend);
  }

  /** The tables of namespace {@code default}, as the backend's other clients make them. */
  protected abstract TestTables tables();

  /** The backend's settings, once its server is started; none for one that needs no server. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  /** Where the product keeps its files. */
  protected Path data() {
    return data;
  }

  @BeforeAll
  void start() throws IOException {
    prism = Prism.upWith(data, Map.of(backend, settings()), "default");
    session =
        new OpenSession(prism, prism.openSession(AccessPattern.ACCESS_PATTERN_TRANSACT, type));
    api = new TransactApi(session.api());
    reader =
        new ReaderApi(
            new OpenSession(prism, prism.openSession(AccessPattern.ACCESS_PATTERN_READER, type))
                .api());
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
  public TransactApi api() {
    return api;
  }

  @Override
  public ReaderApi reader() {
    return reader;
  }

  @Override
  public void restart() {
    Signals.killAndAwaitTheNext(prism, backend);
  }

  @Override
  public void create(String table, TableSpec spec) {
    tables().create(table, spec);
  }

  @Override
  public boolean areOpen() {
    return tables().areOpen();
  }
}
