package dev.prism.proxy.catalog;

import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.config.Overrides;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfigLoader;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A server of two tenants and three backends, one of which has not started. */
final class Fixtures {
  private static final String YAML =
      """
      control: { backend: main }
      backends:
        main: { type: sqlite, pool: { size: 4 } }
        archive: { type: sqlite }
        cache: { type: memory }
        starting: { type: redis }
      namespaces:
        default: {}
        orders: { backends: [main, cache] }
      configs:
        everywhere: { pattern: KEYVALUE, backend: { type: MEMORY } }
        orders-only: { pattern: KEYVALUE, namespace: orders, backend: { type: SQLITE } }
        archived: { pattern: KEYVALUE, backend: { type: SQLITE, name: archive } }
      """;

  private static final ServerConfig SERVER = read();

  private Fixtures() {}

  static ServerConfig server() {
    return SERVER;
  }

  private static ServerConfig read() {
    try {
      Path file = Files.createTempFile("prism", ".yaml");
      try {
        Files.writeString(file, YAML);
        return ServerConfigLoader.load(file, Map.of(), Overrides.NONE);
      } finally {
        Files.delete(file);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the plugins say: KeyValue only, with reads that are strong or eventual. */
  static BackendInfo backends() {
    InfoResponse info =
        InfoResponse.newBuilder()
            .addInterfaces(AccessPattern.ACCESS_PATTERN_KEYVALUE)
            .addConsistencyLevels(ConsistencyLevel.CONSISTENCY_LEVEL_STRONG)
            .addConsistencyLevels(ConsistencyLevel.CONSISTENCY_LEVEL_EVENTUAL)
            .addCapabilities("TTL")
            .build();
    return instance ->
        instance.equals("starting")
            ? new BackendInfo.Known(null, false)
            : new BackendInfo.Known(info, true);
  }

  static ClientConfig.Builder keyValue(String name) {
    ClientConfig.Builder config =
        ClientConfig.newBuilder()
            .setName(name)
            .setVersion("1")
            .setPattern(AccessPattern.ACCESS_PATTERN_KEYVALUE);
    config.getBackendBuilder().setType(BackendType.BACKEND_TYPE_MEMORY);
    return config;
  }
}
