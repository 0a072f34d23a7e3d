package dev.prism.plugin.dynamodb;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.transact.Transactor;
import java.time.InstantSource;
import java.util.Optional;

/** Values, and rows of tables, on Amazon DynamoDB; {@link DynamoSettings} has the variables. */
public final class DynamoPlugin implements Plugin {
  /** Nothing is opened yet. */
  public DynamoPlugin() {}

  /** The process of the DynamoDB plugin. */
  public static void main(String[] args) {
    PluginMain.run(new DynamoPlugin(), args);
  }

  @Override
  public String name() {
    return "prism-dynamodb";
  }

  @Override
  public String backendType() {
    return "dynamodb";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(new DynamoStore(DynamoSettings.of(config), InstantSource.system()));
  }

  @Override
  public Optional<RecordReader> reader(PluginConfig config) {
    return Optional.of(new DynamoReader(DynamoSettings.of(config)));
  }

  @Override
  public Optional<Transactor> transactor(PluginConfig config) {
    return Optional.of(new DynamoTransactor(DynamoSettings.of(config), InstantSource.system()));
  }
}
