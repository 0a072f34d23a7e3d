package dev.prism.proxy.config;

import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig.Backend;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads {@code processes} of a backend. */
final class ProcessesReader {
  private static final int MOST_PROCESSES = 64;

  /** What one process holds, another cannot serve; the plugins refuse it as well. */
  private static final Set<String> SINGLE_PROCESS = Set.of("memory", "sqlite");

  private static final String PREFIX = "PLUGIN_ROLE_";

  private static final Map<String, PluginRole> ROLES =
      Backend.ALL_ROLES.stream()
          .collect(
              Collectors.toMap(
                  role -> role.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT),
                  Function.identity()));

  private ProcessesReader() {}

  /** What each process is for; one for everything where the section says nothing. */
  static List<Set<PluginRole>> read(String type, Section backend) {
    List<Set<PluginRole>> processes = new ArrayList<>();
    for (Section each : backend.items("processes")) {
      Set<PluginRole> roles = roles(each);
      int count = each.integer("count", 1, 1, MOST_PROCESSES);
      each.end();
      for (int i = 0; i < count; i++) {
        processes.add(roles);
      }
    }
    if (processes.isEmpty()) {
      return List.of(Backend.ALL_ROLES);
    }
    if (processes.size() > 1 && SINGLE_PROCESS.contains(type)) {
      backend
          .problems()
          .at(
              backend.line("processes"),
              backend.path("processes")
                  + ": BACKEND_SINGLE_PROCESS: a backend of type "
                  + type
                  + " is served by one process, not "
                  + processes.size());
    }
    if (processes.size() > MOST_PROCESSES) {
      backend
          .problems()
          .at(
              backend.line("processes"),
              backend.path("processes") + " must be at most " + MOST_PROCESSES + " in all");
    }
    return List.copyOf(processes);
  }

  private static Set<PluginRole> roles(Section process) {
    EnumSet<PluginRole> roles = EnumSet.noneOf(PluginRole.class);
    for (String name : process.strings("roles")) {
      PluginRole role = ROLES.get(name);
      if (role != null) {
        roles.add(role);
      } else {
        process
            .problems()
            .at(
                process.line("roles"),
                process.path("roles")
                    + ": there is no role \""
                    + name
                    + "\""
                    + Names.suggest(name, ROLES.keySet().stream().sorted().toList()));
      }
    }
    return roles.isEmpty() ? Backend.ALL_ROLES : Collections.unmodifiableSet(roles);
  }
}
