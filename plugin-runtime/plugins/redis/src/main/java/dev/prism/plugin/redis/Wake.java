package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Signal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Wakes those who read topics when there is news of them, whatever process it comes from. */
final class Wake implements AutoCloseable {
  private final Channels channels;
  private final Map<String, Listened> topics = new HashMap<>();

  private static final class Listened {
    final Signal signal = new Signal();
    int users;
  }

  Wake(RedisSettings settings, String process) {
    this.channels = new Channels(settings, process, "redis-wake", this::raiseAll);
    channels.start();
  }

  /** The listening connection. */
  Channels channels() {
    return channels;
  }

  /** The signal that is raised when there is news on a channel; {@link #leave} when done. */
  synchronized Signal join(String channel) {
    Listened listened = topics.computeIfAbsent(channel, _ -> new Listened());
    if (listened.users++ == 0) {
      channels.add(new Channels.Name(channel, false), (_, _) -> listened.signal.raise());
    }
    return listened.signal;
  }

  synchronized void leave(String channel) {
    Listened listened = topics.get(channel);
    if (listened != null && --listened.users == 0) {
      topics.remove(channel);
      channels.remove(new Channels.Name(channel, false));
    }
  }

  private synchronized List<Signal> signals() {
    return topics.values().stream().map(listened -> listened.signal).toList();
  }

  /** What was said while nobody listened is not known. */
  private void raiseAll() {
    signals().forEach(Signal::raise);
  }

  @Override
  public void close() {
    channels.close();
  }
}
