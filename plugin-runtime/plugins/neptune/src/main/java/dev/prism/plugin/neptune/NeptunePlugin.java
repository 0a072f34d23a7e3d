package dev.prism.plugin.neptune;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.reader.RecordReader;
import java.util.Optional;

/**
 * Rows read from the vertices of a graph. {@link NeptuneSettings} has the variables; {@code
 * docs/neptune.md} what is promised.
 */
public final class NeptunePlugin implements Plugin {
  /** The process of the Neptune plugin. */
  public static void main(String[] args) {
    PluginMain.run(new NeptunePlugin(), args);
  }

  @Override
  public String name() {
    return "prism-neptune";
  }

  @Override
  public String backendType() {
    return "neptune";
  }

  @Override
  public Optional<RecordReader> reader(PluginConfig config) {
    return Optional.of(new NeptuneReader(NeptuneSettings.of(config)));
  }
}
