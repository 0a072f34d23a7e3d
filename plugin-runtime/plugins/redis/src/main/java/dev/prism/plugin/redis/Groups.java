package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What this process knows of groups that it serves. */
final class Groups {
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Map<Name, Group> groups = new ConcurrentHashMap<>();

  private record Name(String topic, String group) {}

  /** A group; safe for any thread. */
  static final class Group {
    private final TopicKeys topic;
    private final List<byte[]> keys;
    private final Set<Long> gone = ConcurrentHashMap.newKeySet();
    private volatile long lookedNanos = System.nanoTime();

    Group(TopicKeys topic, String name) {
      this.topic = topic;
      this.keys = topic.group(name);
    }

    TopicKeys topic() {
      return topic;
    }

    List<byte[]> keys() {
      return keys;
    }

    /** Consumers that have left without the server's knowledge. */
    Set<Long> gone() {
      return gone;
    }

    /** Whether to look now for processes that are gone: once a second. */
    boolean isLookDue() {
      long now = System.nanoTime();
      if (now - lookedNanos < LOOK_NANOS) {
        return false;
      }
      lookedNanos = now;
      return true;
    }
  }

  Group of(TopicKeys topic, String group) {
    return groups.computeIfAbsent(
        new Name(topic.topic().physicalName(), group), _ -> new Group(topic, group));
  }

  /**
   * Where a start is.
   *
   * @param bound the id after which it is; {@code $} is the last
   */
  record Place(String bound) {}

  static Place place(Start start) {
    return new Place(
        switch (start) {
          case Start.Earliest _ -> "0-0";
          case Start.Committed _ -> "0-0";
          case Start.Latest _ -> "$";
          case Start.Time(long millis) -> Ids.beforeTime(millis);
          case Start.Offsets(Map<Integer, Long> offsets) -> {
            checkPartition(offsets);
            yield Ids.before(offsets.getOrDefault(0, 0L));
          }
        });
  }

  /** There is one partition, whose number is 0. */
  static void checkPartition(Map<Integer, Long> offsets) {
    for (int partition : offsets.keySet()) {
      if (partition != 0) {
        throw PrismException.of(Reason.FIELD_INVALID, "the topic has partition 0 only");
      }
    }
  }
}
