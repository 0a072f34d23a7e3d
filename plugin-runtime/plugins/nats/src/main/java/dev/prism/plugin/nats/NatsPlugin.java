package dev.prism.plugin.nats;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Values in KV buckets and queues on streams of JetStream, and events on subjects of a NATS server
 * or cluster.
 *
 * <p>{@link NatsSettings} has its variables, {@code docs/nats.md} what is promised.
 */
public final class NatsPlugin implements Plugin {
  private final InstantSource clock;
  private @Nullable NatsLink link;

  /** Counts timeouts of deliveries and expiries by {@code clock}. */
  public NatsPlugin(InstantSource clock) {
    this.clock = clock;
  }

  /** The process of the NATS plugin. */
  public static void main(String[] args) {
    PluginMain.run(new NatsPlugin(InstantSource.system()), args);
  }

  @Override
  public String name() {
    return "prism-nats";
  }

  @Override
  public String backendType() {
    return "nats";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    NatsSettings settings = NatsSettings.of(config);
    return Optional.of(new NatsStore(link(settings), settings, clock));
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    NatsSettings settings = NatsSettings.of(config);
    return Optional.of(new NatsQueue(link(settings), settings, config.topics(), clock));
  }

  @Override
  public Optional<PubSub> pubSub(PluginConfig config) {
    NatsSettings settings = NatsSettings.of(config);
    return Optional.of(new NatsPubSub(link(settings), settings));
  }

  /** All that the plugin serves has one connection. */
  private synchronized NatsLink link(NatsSettings settings) {
    NatsLink shared = link;
    if (shared == null || !shared.share()) {
      shared = new NatsLink(settings);
      link = shared;
    }
    return shared;
  }
}
