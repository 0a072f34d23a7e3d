package dev.prism.proxy.catalog;

import dev.prism.admin.v1.PluginState;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.route.Plugins;
import org.jspecify.annotations.Nullable;

/** What the plugins of the backend instances can do, for the check of a config. */
@FunctionalInterface
public interface BackendInfo {
  /**
   * What is known of an instance; null where the server's configuration has none of that name.
   * Never asked on a data call. Does not block.
   */
  @Nullable Known find(String instance);

  /**
   * What is known of an instance now.
   *
   * @param info what its plugin said of itself; null until it first answered
   * @param ready whether it serves calls now
   */
  record Known(@Nullable InfoResponse info, boolean ready) {}

  /** As the supervisor knows it. */
  static BackendInfo of(Plugins plugins) {
    return instance -> {
      Plugins.Plugin plugin = plugins.find(instance);
      if (plugin == null) {
        return null;
      }
      Plugins.Status status = plugin.status();
      return new Known(status.info(), status.state() == PluginState.PLUGIN_STATE_READY);
    };
  }
}
