package dev.prism.cli;

import dev.prism.admin.v1.ListPluginsRequest;
import dev.prism.admin.v1.ListPluginsResponse;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.PluginState;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** {@code prism plugins}. */
@picocli.CommandLine.Command(
    name = "plugins",
    header = "Shows the plugin processes: state, uptime, memory, calls, errors.",
    description = {
      "",
      "States: STARTING, READY, STALLED (runs but does not answer), RESTARTING, CRASH_LOOP (ended",
      "several times in a row; tried again every 10 s), STOPPED. Errors are the plugin's or the",
      "backend's own; docs/operations.md says what to do about each state.",
      ""
    })
final class PluginsCommand extends AdminCommand {
  private static final long WATCH_MILLIS = 1000;

  @Option(names = "--watch", description = "Show it again every second, until Ctrl-C.")
  private boolean watch;

  PluginsCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Client client = Client.ofAdmin(options)) {
      while (true) {
        ListPluginsResponse plugins =
            client.admin().listPlugins(ListPluginsRequest.getDefaultInstance());
        if (watch && !options.json()) {
          console.out().print("\033[H\033[2J"); // to the top of an empty screen
        }
        if (options.json()) {
          sayJson(plugins);
        } else {
          console.out().print(table(plugins));
        }
        console.out().flush();
        if (!watch || console.out().checkError()) {
          return OK;
        }
        Thread.sleep(WATCH_MILLIS);
      }
    }
  }

  static String table(ListPluginsResponse plugins) {
    Table table =
        new Table(
            "INSTANCE",
            "BACKEND",
            "ROLES",
            "STATE",
            "PID",
            "UPTIME",
            "MEMORY",
            "CALLS",
            "ERRORS",
            "RESTARTS");
    StringBuilder failures = new StringBuilder();
    for (PluginProcess plugin : plugins.getProcessesList()) {
      table.row(
          name(plugin, plugins),
          plugin.getBackendType(),
          roles(plugin),
          state(plugin.getState()),
          plugin.getPid() == 0 ? "" : plugin.getPid(),
          plugin.hasUptime() ? Units.time(Units.of(plugin.getUptime())) : "",
          plugin.getResidentMemoryBytes() == 0 ? "" : Units.size(plugin.getResidentMemoryBytes()),
          plugin.getCalls(),
          plugin.getErrors(),
          plugin.getRestarts());
      if (!plugin.getLastFailure().isEmpty()) {
        failures.append(
            "%s last failed at %s: %s%n"
                .formatted(
                    name(plugin, plugins),
                    Units.instant(plugin.getLastFailureAt()),
                    plugin.getLastFailure()));
      }
    }
    return table + failures.toString();
  }

  /** The instance's name, and the process's number where there are several. */
  private static String name(PluginProcess plugin, ListPluginsResponse plugins) {
    long processes =
        plugins.getProcessesList().stream()
            .filter(each -> each.getInstance().equals(plugin.getInstance()))
            .count();
    return processes == 1 ? plugin.getInstance() : plugin.getInstance() + "/" + plugin.getProcess();
  }

  private static String roles(PluginProcess plugin) {
    return plugin.getRolesCount() == 0
        ? "all"
        : plugin.getRolesList().stream()
            .map(role -> role.name().replace("PLUGIN_ROLE_", "").toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(","));
  }

  private static String state(PluginState state) {
    return state.name().replace("PLUGIN_STATE_", "");
  }
}
