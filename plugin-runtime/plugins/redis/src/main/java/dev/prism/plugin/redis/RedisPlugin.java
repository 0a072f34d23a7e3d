package dev.prism.plugin.redis;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Values in the strings of a Redis server, queues on its streams, and events on its channels.
 * {@link RedisSettings} has the variables; {@code docs/redis.md} what is promised.
 */
public final class RedisPlugin implements Plugin {
  private final InstantSource clock;

  /** Deals with delays of readers without a group by {@code clock}; all else by the server's. */
  public RedisPlugin(InstantSource clock) {
    this.clock = clock;
  }

  /** The process of the Redis plugin. */
  public static void main(String[] args) {
    PluginMain.run(new RedisPlugin(InstantSource.system()), args);
  }

  @Override
  public String name() {
    return "prism-redis";
  }

  @Override
  public String backendType() {
    return "redis";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(RedisStore.open(RedisSettings.of(config), clock));
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    return Optional.of(RedisQueue.open(RedisSettings.of(config), config.topics(), clock));
  }

  @Override
  public Optional<PubSub> pubSub(PluginConfig config) {
    return Optional.of(new RedisPubSub(RedisSettings.of(config)));
  }
}
