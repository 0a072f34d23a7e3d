package dev.prism.conformance;

import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The suite on a plugin in the test's own process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class HostedTransactSuite extends TransactSuite {
  private HostedPlugin plugin;

  /** The plugin to host. */
  protected abstract Plugin newPlugin();

  /** Its variables; starts its server. Called once. */
  protected Map<String, String> variables() throws Exception {
    return Map.of();
  }

  /** Makes tables in the backend. */
  protected abstract TestTables tables();

  @BeforeAll
  void startPlugin() throws Exception {
    plugin = new HostedPlugin(newPlugin(), PluginConfig.of(variables()), InstantSource.system());
  }

  @AfterAll
  void stopPlugin() {
    if (plugin != null) {
      plugin.close();
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.transactCapabilities();
  }

  @Override
  public TransactApi api() {
    return plugin.transact("default");
  }

  @Override
  public ReaderApi reader() {
    return plugin.reader("default");
  }

  @Override
  public void restart() {
    plugin.restart();
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
