package dev.prism.plugin.memory;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps everything in the memory of its own process: for tests, for trying Prism out, and for data
 * that may go with the process. {@code docs/memory.md} says what it promises.
 */
public final class MemoryPlugin implements Plugin {
  private final InstantSource clock;

  /** The items, which KeyValue writes and Reader reads. */
  private @Nullable MemoryStore store;

  /**
   * @param clock decides when items expire
   */
  public MemoryPlugin(InstantSource clock) {
    this.clock = clock;
  }

  /** The process of the memory plugin. */
  public static void main(String[] args) {
    PluginMain.run(new MemoryPlugin(InstantSource.system()), args);
  }

  @Override
  public String name() {
    return "prism-memory";
  }

  @Override
  public String backendType() {
    return "memory";
  }

  @Override
  public boolean isSingleProcess() {
    return true;
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(store(config));
  }

  @Override
  public Optional<RecordReader> reader(PluginConfig config) {
    return Optional.of(new MemoryReader(store(config), clock));
  }

  private synchronized MemoryStore store(PluginConfig config) {
    MemoryStore items = store;
    if (items == null) {
      long heap = Runtime.getRuntime().maxMemory();
      items =
          new MemoryStore(
              clock, config.bytes("PRISM_MEMORY_MAX_BYTES", heap / 2, 1 << 20, heap / 10 * 6));
      store = items;
    }
    return items;
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    long heap = Runtime.getRuntime().maxMemory();
    return Optional.of(
        new MemoryQueue(
            clock,
            config.topics(),
            config.bytes("PRISM_MEMORY_QUEUE_MAX_BYTES", heap / 4, 1 << 20, heap / 2)));
  }

  @Override
  public Optional<PubSub> pubSub(PluginConfig config) {
    return Optional.of(new MemoryPubSub());
  }
}
