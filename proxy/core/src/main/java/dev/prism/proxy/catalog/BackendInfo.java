package dev.prism.proxy.catalog;

import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.InterfaceInfo;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.route.Plugins;
import dev.prism.type.v1.AccessPattern;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
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
      List<? extends Plugins.Plugin> processes = plugins.processes(instance);
      return switch (processes.size()) {
        case 0 -> null;
        case 1 -> new Known(processes.getFirst().info(), processes.getFirst().isReady());
        default -> together(processes);
      };
    };
  }

  /** What several processes can do between them; not known before each role has been told of. */
  private static Known together(List<? extends Plugins.Plugin> processes) {
    Set<PluginRole> played = EnumSet.noneOf(PluginRole.class);
    Set<PluginRole> told = EnumSet.noneOf(PluginRole.class);
    Set<PluginRole> ready = EnumSet.noneOf(PluginRole.class);
    InfoResponse.Builder all = null;
    for (Plugins.Plugin process : processes) {
      played.addAll(process.roles());
      if (process.isReady()) {
        ready.addAll(process.roles());
      }
      InfoResponse info = process.info();
      if (info != null && told.addAll(process.roles())) {
        all = all == null ? info.toBuilder() : add(all, info);
      }
    }
    InfoResponse complete = all != null && told.equals(played) ? all.build() : null;
    return new Known(complete, ready.equals(played));
  }

  private static InfoResponse.Builder add(InfoResponse.Builder all, InfoResponse more) {
    for (AccessPattern each : more.getInterfacesList()) {
      if (!all.getInterfacesList().contains(each)) {
        all.addInterfaces(each);
      }
    }
    for (InterfaceInfo each : more.getInterfaceInfoList()) {
      if (all.getInterfaceInfoList().stream().noneMatch(k -> k.getPattern() == each.getPattern())) {
        all.addInterfaceInfo(each);
      }
    }
    for (String each : more.getCapabilitiesList()) {
      if (!all.getCapabilitiesList().contains(each)) {
        all.addCapabilities(each);
      }
    }
    if (all.getConsistencyLevelsCount() == 0) {
      all.addAllConsistencyLevels(more.getConsistencyLevelsList());
    }
    return all;
  }
}
