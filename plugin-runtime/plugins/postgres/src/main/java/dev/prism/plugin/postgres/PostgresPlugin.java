package dev.prism.plugin.postgres;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.transact.Transactor;
import java.time.InstantSource;
import java.util.Optional;

/** Values, queues and events on PostgreSQL; {@link PostgresSettings} has the variables. */
public final class PostgresPlugin implements Plugin {
  /** Nothing is opened yet. */
  public PostgresPlugin() {}

  /** The process of the PostgreSQL plugin. */
  public static void main(String[] args) {
    PluginMain.run(new PostgresPlugin(), args);
  }

  @Override
  public String name() {
    return "prism-postgres";
  }

  @Override
  public String backendType() {
    return "postgres";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(new PostgresStore(PostgresSettings.of(config), InstantSource.system()));
  }

  @Override
  public Optional<RecordReader> reader(PluginConfig config) {
    return Optional.of(new PostgresReader(PostgresSettings.of(config), InstantSource.system()));
  }

  @Override
  public Optional<Transactor> transactor(PluginConfig config) {
    return Optional.of(new PostgresTransactor(PostgresSettings.of(config), InstantSource.system()));
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    return Optional.of(new PostgresQueue(PostgresSettings.of(config), config.topics()));
  }

  @Override
  public Optional<PubSub> pubSub(PluginConfig config) {
    return Optional.of(new PostgresPubSub(PostgresSettings.of(config)));
  }
}
