package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Stored;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a group's reader has fetched: messages that wait for a consumer, and what consumers have of
 * them. Knows for each partition the lowest offset that is not settled. Any thread; locks for
 * moments.
 */
final class Shelf {
  /** Messages, and bytes of them, that may wait for a consumer before no more are fetched. */
  private static final int MOST_READY = 1_000;

  private static final long MOST_READY_BYTES = 1 << 20;

  /** Bytes that may be delivered and not settled before nothing new is delivered. */
  private static final long MOST_LEASED_BYTES = 16 << 20;

  private static final long UNKNOWN = -1;

  private final Leases leases;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Integer, Part> parts = new HashMap<>();
  private final ArrayDeque<Stored> ready = new ArrayDeque<>();
  private long readyBytes;

  /** Whether the partitions that this process reads are known. */
  private boolean assigned;

  private static final class Part {
    /** After the last message that was delivered; those that wait come from here. */
    long delivered = UNKNOWN;

    /** After the last message that was fetched. */
    long fetched = UNKNOWN;

    int ready;

    /** Messages behind {@link #fetched}, as far as the driver knows. */
    long lag;

    long committed = UNKNOWN;

    /** The brokers' answer where to begin has come. */
    void begin(long position) {
      if (fetched == UNKNOWN) {
        delivered = position;
        fetched = position;
        committed = position;
      }
    }
  }

  Shelf(Leases leases) {
    this.leases = leases;
  }

  // ---- the reader's side ----

  /** This process reads these partitions too. */
  void assign(Collection<Integer> partitions) {
    lock.lock();
    try {
      for (int partition : partitions) {
        parts.put(partition, new Part());
      }
      assigned = true;
    } finally {
      lock.unlock();
    }
  }

  /** This process reads these partitions no more: what is held of them is forgotten. */
  void revoke(Collection<Integer> partitions) {
    lock.lock();
    try {
      for (int partition : partitions) {
        parts.remove(partition);
        leases.forget(partition);
      }
      drop(partitions, Long.MAX_VALUE);
    } finally {
      lock.unlock();
    }
  }

  /** This process reads nothing until it is told anew. */
  void clear() {
    lock.lock();
    try {
      revoke(List.copyOf(parts.keySet()));
      assigned = false;
    } finally {
      lock.unlock();
    }
  }

  private void drop(Collection<Integer> partitions, long before) {
    ready.removeIf(
        stored -> {
          boolean gone = partitions.contains(stored.partition()) && stored.offset() < before;
          if (gone) {
            readyBytes -= stored.message().bytes();
          }
          return gone;
        });
  }

  void add(Stored stored) {
    lock.lock();
    try {
      Part part = parts.get(stored.partition());
      if (part != null) {
        part.begin(stored.offset());
        ready.add(stored);
        readyBytes += stored.message().bytes();
        part.ready++;
      }
    } finally {
      lock.unlock();
    }
  }

  /** How far a partition is fetched, and how much is behind that. */
  void fetched(int partition, long position, long lag) {
    lock.lock();
    try {
      Part part = parts.get(partition);
      if (part != null) {
        part.begin(position);
        part.fetched = position;
        part.lag = lag;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether enough waits. */
  boolean isFull() {
    lock.lock();
    try {
      return ready.size() >= MOST_READY || readyBytes >= MOST_READY_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /** Whether so little waits that fetching should go on. */
  boolean isLow() {
    lock.lock();
    try {
      return ready.size() <= MOST_READY / 2 && readyBytes <= MOST_READY_BYTES / 2;
    } finally {
      lock.unlock();
    }
  }

  /** The lowest offsets that are not settled, of partitions where that is not what is committed. */
  Map<Integer, Long> toCommit() {
    lock.lock();
    try {
      Map<Integer, Long> offsets = new TreeMap<>();
      parts.forEach(
          (number, part) -> {
            long place = place(number, part);
            if (place > part.committed) {
              offsets.put(number, place);
            }
          });
      return offsets;
    } finally {
      lock.unlock();
    }
  }

  void committed(Map<Integer, Long> offsets) {
    lock.lock();
    try {
      offsets.forEach(
          (partition, offset) -> {
            Part part = parts.get(partition);
            if (part != null) {
              part.committed = Math.max(part.committed, offset);
            }
          });
    } finally {
      lock.unlock();
    }
  }

  private long place(int number, Part part) {
    return leases.committed(number, part.ready == 0 ? part.fetched : part.delivered);
  }

  /** Everything of {@code partition} before {@code offset} counts as acknowledged. */
  void settleBefore(int partition, long offset) {
    lock.lock();
    try {
      Part part = parts.get(partition);
      if (part != null) {
        leases.settleBefore(partition, offset);
        drop(List.of(partition), offset);
        part.ready = (int) ready.stream().filter(stored -> stored.partition() == partition).count();
        part.delivered = Math.max(part.delivered, offset);
        part.fetched = Math.max(part.fetched, offset);
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- the consumers' side ----

  /** Leases to {@code owner} what came back, and then what waits. */
  List<Delivery> take(long owner, int most, long mostBytes, long now, long deadline) {
    lock.lock();
    try {
      List<Delivery> taken = new ArrayList<>(leases.due(owner, most, mostBytes, now, deadline));
      long bytes = 0;
      for (Delivery delivery : taken) {
        bytes += delivery.stored().message().bytes();
      }
      while (!ready.isEmpty() && taken.size() < most && leases.bytes() < MOST_LEASED_BYTES) {
        Stored stored = ready.getFirst();
        bytes += stored.message().bytes();
        if (bytes > mostBytes && !taken.isEmpty()) {
          break;
        }
        ready.removeFirst();
        readyBytes -= stored.message().bytes();
        Part part = parts.get(stored.partition());
        if (part != null) {
          part.ready--;
          part.delivered = stored.offset() + 1;
        }
        taken.add(leases.lease(stored, owner, deadline));
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing more is known to wait behind what was taken. */
  boolean isCaughtUp(Map<Integer, Long> ends) {
    lock.lock();
    try {
      if (!assigned) {
        return false;
      }
      for (Map.Entry<Integer, Part> each : parts.entrySet()) {
        Part part = each.getValue();
        if (part.lag > 0 || part.fetched < ends.getOrDefault(each.getKey(), 0L)) {
          return false;
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether this process reads all of these partitions. */
  boolean hasAll(Collection<Integer> partitions) {
    lock.lock();
    try {
      return parts.keySet().containsAll(partitions);
    } finally {
      lock.unlock();
    }
  }

  /** Where a partition stands that this process reads: nothing is settled that is not here. */
  record Standing(long committed, long lag, long inFlight) {}

  /** By partition, those that this process reads. */
  Map<Integer, Standing> standing(Map<Integer, Long> ends, long now) {
    lock.lock();
    try {
      Map<Integer, Standing> standing = new HashMap<>();
      parts.forEach(
          (number, part) -> {
            if (part.fetched == UNKNOWN) {
              return;
            }
            long behind = Math.max(part.fetched, ends.getOrDefault(number, part.fetched));
            standing.put(
                number,
                new Standing(
                    place(number, part),
                    behind - part.fetched + part.ready + leases.held(number),
                    leases.inFlight(number, now)));
          });
      return standing;
    } finally {
      lock.unlock();
    }
  }
}
