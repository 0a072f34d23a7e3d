package dev.prism.plugin.memory;

import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One topic: a log in memory, and the groups that read it. One lock, held for as long as a batch of
 * messages takes to be looked through.
 */
final class MemoryTopic {
  /** What a message holds besides its own bytes: its record, its place in the log, its id. */
  private static final int OVERHEAD = 160;

  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Signal signal = new Signal();
  private final TreeMap<Long, Stored> log = new TreeMap<>();
  private final Map<String, Group> groups = new TreeMap<>();
  private long end;
  private long published;

  private static final class Group {
    final Leases leases;
    long position;
    int consumers;

    Group(String topic, String name, long position) {
      this.leases = new Leases(topic, name);
      this.position = position;
    }
  }

  MemoryTopic(String name) {
    this.name = name;
  }

  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  static long bytes(Message message) {
    return OVERHEAD + message.bytes();
  }

  /** Adds the messages and returns the offset of the first. */
  long append(List<Message> messages, long now) {
    return locked(
        () -> {
          long first = end;
          published = Math.max(published, now); // a clock that goes back does not take this along
          for (Message message : messages) {
            log.put(end, new Stored(0, end, Long.toString(end), message, published));
            end++;
          }
          signal.raise();
          return first;
        });
  }

  /** Bytes of the oldest messages that every group has acknowledged, which are removed. */
  long trim(long wanted) {
    return locked(
        () -> {
          if (groups.isEmpty()) {
            return 0L;
          }
          long settled =
              groups.values().stream()
                  .mapToLong(group -> group.leases.committed(0, group.position))
                  .min()
                  .orElse(0);
          long freed = 0;
          while (freed < wanted && !log.isEmpty() && log.firstKey() < settled) {
            freed += bytes(log.pollFirstEntry().getValue().message());
          }
          return freed;
        });
  }

  private long earliest() {
    return log.isEmpty() ? end : log.firstKey();
  }

  private long place(Start start) {
    return switch (start) {
      case Start.Earliest earliest -> earliest();
      case Start.Committed committed -> earliest();
      case Start.Latest latest -> end;
      case Start.Time(long millis) -> at(millis);
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        checkOffsets(offsets);
        yield offsets.getOrDefault(0, earliest());
      }
    };
  }

  /** The first offset that was published at {@code millis} or later; the end where none was. */
  private long at(long millis) {
    long low = earliest();
    long high = end;
    while (low < high) {
      long middle = (low + high) >>> 1;
      Stored stored = log.get(middle); // offsets have no gaps
      if (stored != null && stored.publishedAtMillis() < millis) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void checkOffsets(Map<Integer, Long> offsets) {
    offsets.forEach(
        (partition, offset) -> {
          if (partition != 0 || offset > end) {
            throw PrismException.of(
                Reason.FIELD_INVALID, "the topic has partition 0 only, and its end is " + end);
          }
        });
  }

  private Group group(String group, Start start) {
    Group known = groups.get(group);
    if (known == null) {
      known = new Group(name, group, place(start));
      groups.put(group, known);
    }
    return known;
  }

  /** One more consumer of the group. */
  void join(String group, Start start) {
    locked(() -> group(group, start).consumers++);
  }

  /** The consumer has gone: what it has comes back at once. */
  void leave(String name, long owner, long now) {
    locked(
        () -> {
          Group group = groups.get(name);
          if (group != null) {
            group.consumers--;
            group.leases.release(owner, now);
            signal.raise();
          }
          return null;
        });
  }

  /** What {@link dev.prism.sdk.queue.Consumer#poll} says, without waiting. */
  List<Delivery> take(
      String name, long owner, int most, long mostBytes, long now, long ackTimeoutMillis) {
    return locked(
        () -> {
          Group group = groups.get(name);
          if (group == null) {
            return List.of();
          }
          long deadline = now + ackTimeoutMillis;
          List<Delivery> taken =
              new ArrayList<>(group.leases.due(owner, most, mostBytes, now, deadline));
          long bytes = 0;
          var next = log.ceilingEntry(group.position);
          while (next != null && taken.size() < most) {
            Stored stored = next.getValue();
            bytes += stored.message().bytes();
            if (bytes > mostBytes && !taken.isEmpty()) {
              break;
            }
            group.position = stored.offset() + 1;
            if (stored.message().deliverAtMillis() > now) {
              group.leases.defer(stored, stored.message().deliverAtMillis());
            } else {
              taken.add(group.leases.lease(stored, owner, deadline));
            }
            next = log.ceilingEntry(group.position);
          }
          return taken;
        });
  }

  /** The messages from {@code from} on. */
  List<Stored> from(long from, int most, long mostBytes) {
    return locked(
        () -> {
          List<Stored> read = new ArrayList<>();
          long bytes = 0;
          for (Stored stored : log.tailMap(from).values()) {
            bytes += stored.message().bytes();
            if (read.size() == most || (bytes > mostBytes && !read.isEmpty())) {
              break;
            }
            read.add(stored);
          }
          return read;
        });
  }

  /** Where a reader without a group begins. */
  long start(Start start) {
    return locked(() -> place(start));
  }

  /** Is raised when something has changed that a reader of the topic may wait for. */
  Signal signal() {
    return signal;
  }

  /** When the next message of the group that is held comes back or becomes due. */
  long nextDue(String name) {
    return locked(
        () -> {
          Group group = groups.get(name);
          return group == null ? Long.MAX_VALUE : group.leases.nextDue();
        });
  }

  @Nullable Delivery find(Ack ack, long now) {
    return locked(
        () -> {
          Group group = groups.get(ack.receipt().group());
          return group == null ? null : group.leases.find(ack.receipt(), now);
        });
  }

  AckResult settle(Ack ack, long now) {
    return locked(
        () -> {
          Group group = groups.get(ack.receipt().group());
          if (group == null) {
            return Leases.expired();
          }
          AckResult result = group.leases.settle(ack, now);
          if (ack.outcome() instanceof Ack.Outcome.Again) {
            signal.raise();
          }
          return result;
        });
  }

  void commit(String name, Map<Integer, Long> offsets) {
    locked(
        () -> {
          checkOffsets(offsets);
          long offset = offsets.getOrDefault(0, 0L);
          Group group = group(name, new Start.Earliest());
          group.position = Math.max(group.position, offset);
          group.leases.settleBefore(0, offset);
          return null;
        });
  }

  long seek(String name, Start target) {
    return locked(
        () -> {
          long place = place(target);
          Group group = group(name, target);
          group.position = Math.max(place, earliest());
          group.leases.forget(0);
          signal.raise();
          return group.position;
        });
  }

  TopicInfo info(Collection<String> wanted, long now) {
    return locked(
        () -> {
          List<TopicInfo.Group> infos = new ArrayList<>();
          groups.forEach(
              (groupName, group) -> {
                if (wanted.isEmpty() || wanted.contains(groupName)) {
                  long ahead = end - Math.max(group.position, earliest()); // offsets have no gaps
                  infos.add(
                      new TopicInfo.Group(
                          groupName,
                          List.of(
                              new TopicInfo.Position(
                                  0,
                                  group.leases.committed(0, group.position),
                                  ahead + group.leases.held(0),
                                  group.leases.inFlight(0, now))),
                          group.consumers));
                }
              });
          return new TopicInfo(List.of(new TopicInfo.Partition(0, earliest(), end)), infos);
        });
  }
}
