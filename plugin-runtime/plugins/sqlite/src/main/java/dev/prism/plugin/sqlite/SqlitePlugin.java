package dev.prism.plugin.sqlite;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.transact.Transactor;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Key-value and queues on embedded SQLite databases.
 *
 * <p>Variables: {@code DATABASE_URL} ({@code sqlite:PATH} or a path) names the file, by default
 * {@code PRISM_DATA_DIR/PRISM_INSTANCE.db}; {@code PRISM_POOL_SIZE} is how many reads run at once,
 * by default {@value #READERS}; {@code SQLITE_MAX_BYTES} bounds each database's size; {@code
 * SQLITE_QUEUE_KEEP_SECONDS} is how long a message stays that every group has acknowledged.
 */
public final class SqlitePlugin implements Plugin {
  /** Reads at once: more than the processors of a small machine, few enough for a small process. */
  static final int READERS = 4;

  private static final long LEAST_BYTES = 1 << 20;
  private static final int KEEP_SECONDS = 3600;
  private static final int MOST_KEEP_SECONDS = (int) TimeUnit.DAYS.toSeconds(365);

  private final InstantSource clock;
  private @Nullable TablesFiles tables;

  /** Expires items by {@code clock}. */
  public SqlitePlugin(InstantSource clock) {
    this.clock = clock;
  }

  /** The process of the SQLite plugin. */
  public static void main(String[] args) {
    PluginMain.run(new SqlitePlugin(InstantSource.system()), args);
  }

  @Override
  public String name() {
    return "prism-sqlite";
  }

  @Override
  public String backendType() {
    return "sqlite";
  }

  @Override
  public boolean isSingleProcess() {
    return true;
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(SqliteStore.open(settings(config), clock));
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    return Optional.of(SqliteQueue.open(queueSettings(config), clock));
  }

  @Override
  public Optional<RecordReader> reader(PluginConfig config) {
    return Optional.of(new SqliteReader(tables(config), config.poolSize(READERS)));
  }

  @Override
  public Optional<Transactor> transactor(PluginConfig config) {
    return Optional.of(new SqliteTransactor(tables(config), clock));
  }

  /**
   * The tables of each namespace have a file of their own, which other programs may use too. Reader
   * and transactor have them open together.
   */
  private synchronized TablesFiles tables(PluginConfig config) {
    TablesFiles made = tables;
    if (made == null || !made.isOf(file(config))) {
      made = new TablesFiles(file(config), maxBytes(config), config.poolSize(READERS), clock);
      tables = made;
    }
    return made;
  }

  static SqliteSettings settings(PluginConfig config) {
    return new SqliteSettings(file(config), config.poolSize(READERS), maxBytes(config));
  }

  /**
   * The queue has a file of its own: its syncs and those of the items do not wait for each other.
   */
  static QueueSettings queueSettings(PluginConfig config) {
    Path file = file(config);
    String name = String.valueOf(file.getFileName());
    String queue = name.endsWith(".db") ? name.substring(0, name.length() - 3) : name;
    int keepSeconds =
        config.integer("SQLITE_QUEUE_KEEP_SECONDS", KEEP_SECONDS, 0, MOST_KEEP_SECONDS);
    return new QueueSettings(
        file.resolveSibling(queue + ".queue.db"),
        maxBytes(config),
        TimeUnit.SECONDS.toMillis(keepSeconds),
        config.topics());
  }

  private static Path file(PluginConfig config) {
    return config
        .string("DATABASE_URL")
        .map(SqlitePlugin::path)
        .orElseGet(() -> config.dataDir().resolve(config.instance() + ".db"));
  }

  private static long maxBytes(PluginConfig config) {
    return config.bytes("SQLITE_MAX_BYTES", 0, LEAST_BYTES, Long.MAX_VALUE);
  }

  private static Path path(String url) {
    String path = url;
    for (String scheme : List.of("jdbc:sqlite:", "sqlite:", "file:")) {
      if (url.startsWith(scheme)) {
        path = url.substring(scheme.length());
        break;
      }
    }
    // sqlite:///var/lib/x.db, as other tools write it
    if (path.startsWith("///")) {
      path = path.substring(2);
    }
    if (path.isEmpty() || path.contains("?") || path.matches("[a-z][a-z0-9+.-]+:.*")) {
      throw new PluginConfigException(
          "DATABASE_URL", "must be a path or sqlite:PATH, without parameters");
    }
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new PluginConfigException("DATABASE_URL", "is not a path: " + e.getReason());
    }
  }
}
