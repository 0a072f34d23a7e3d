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
public abstract class HostedKeyValueSuite extends KeyValueSuite {
  private HostedPlugin plugin;

  /** The plugin to host. */
  protected abstract Plugin newPlugin();

  /** Its variables; starts its server. Called once. */
  protected Map<String, String> variables() throws Exception {
    return Map.of();
  }

  /** The plugin's clock, where the test has one that it moves. */
  protected InstantSource clock() {
    return InstantSource.system();
  }

  @BeforeAll
  void startPlugin() throws Exception {
    plugin = new HostedPlugin(newPlugin(), PluginConfig.of(variables()), clock());
  }

  @AfterAll
  void stopPlugin() {
    if (plugin != null) {
      plugin.close();
    }
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.capabilities();
  }

  @Override
  public KeyValueApi api() {
    return plugin.keyValue("default");
  }

  @Override
  public void restart() {
    plugin.restart();
  }
}
