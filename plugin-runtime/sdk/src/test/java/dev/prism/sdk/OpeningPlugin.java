package dev.prism.sdk;

import dev.prism.sdk.keyvalue.KeyValueStore;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A plugin that says that it opens its store, and never has it open. */
final class OpeningPlugin implements Plugin {
  public static void main(String[] args) {
    PluginMain.run(new OpeningPlugin(), args);
  }

  @Override
  public String name() {
    return "opening";
  }

  @Override
  public String backendType() {
    return "custom";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    System.out.println("opening");
    while (true) {
      LockSupport.park();
    }
  }
}
