package dev.prism.proxy.catalog;

import dev.prism.plugin.v1.InfoResponse;
import org.jspecify.annotations.Nullable;

/** What the plugins of the backend instances can do. The supervisor implements it. */
@FunctionalInterface
public interface BackendInfo {
  /**
   * What is known of an instance; null where the server's configuration has none of that name.
   * Asked when a config is checked, never on a data call. Does not block.
   */
  @Nullable Known find(String instance);

  /**
   * What is known of an instance now.
   *
   * @param info what its plugin said of itself; null until it first answered
   * @param ready whether it serves calls now
   */
  record Known(@Nullable InfoResponse info, boolean ready) {}
}
