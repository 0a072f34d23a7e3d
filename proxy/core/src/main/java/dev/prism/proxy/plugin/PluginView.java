package dev.prism.proxy.plugin;

import dev.prism.admin.v1.PluginState;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.route.Plugins;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a supervised plugin at one moment.
 *
 * @param number counts the processes, from 1; 0 before the first
 * @param incarnation null where no process serves calls
 * @param process null where none runs
 * @param info what the plugin said of itself, in this life or the last one
 * @param failure why the last life ended or this one is not ready; empty where nothing failed
 * @param hopeless whether the process ended in a way that starting it again will not mend
 */
record PluginView(
    PluginState state,
    long number,
    Plugins.@Nullable Incarnation incarnation,
    @Nullable PluginProcess process,
    @Nullable InfoResponse info,
    String failure,
    @Nullable Instant failedAt,
    boolean hopeless) {
  static final PluginView NEW =
      new PluginView(PluginState.PLUGIN_STATE_STARTING, 0, null, null, null, "", null, false);

  /** While a plugin is in a crash loop, a further attempt does not look like a recovery. */
  PluginView started(PluginProcess process) {
    PluginState next =
        state == PluginState.PLUGIN_STATE_CRASH_LOOP ? state : PluginState.PLUGIN_STATE_STARTING;
    return new PluginView(next, number + 1, null, process, info, failure, failedAt, hopeless);
  }

  PluginView ready(Plugins.Incarnation incarnation, InfoResponse info) {
    return new PluginView(
        PluginState.PLUGIN_STATE_READY,
        number,
        incarnation,
        process,
        info,
        failure,
        failedAt,
        false);
  }

  PluginView stalled(String why) {
    return new PluginView(
        PluginState.PLUGIN_STATE_STALLED,
        number,
        incarnation,
        process,
        info,
        why,
        Instant.now(),
        false);
  }

  PluginView ended(PluginState next, String why, boolean hopeless) {
    return new PluginView(next, number, null, null, info, why, Instant.now(), hopeless);
  }

  PluginView stopping() {
    return new PluginView(
        PluginState.PLUGIN_STATE_STOPPED,
        number,
        incarnation,
        process,
        info,
        failure,
        failedAt,
        hopeless);
  }

  PluginView stopped() {
    return new PluginView(
        PluginState.PLUGIN_STATE_STOPPED, number, null, null, info, failure, failedAt, hopeless);
  }
}
