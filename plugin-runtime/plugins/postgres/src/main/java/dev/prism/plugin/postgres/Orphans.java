package dev.prism.plugin.postgres;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Consumers that have gone and whose deliveries could not be given back, because the server did not
 * answer. It is done before anything else is claimed: what nobody has got yet is not to come after
 * what is behind it.
 */
final class Orphans {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Orphan> waiting = new ArrayDeque<>();
  private volatile boolean any;

  private record Orphan(long group, long owner) {}

  void add(long group, long owner) {
    lock.lock();
    try {
      Orphan orphan = new Orphan(group, owner);
      if (!waiting.contains(orphan)) {
        waiting.add(orphan);
      }
      any = true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what they had; those that could not be helped stay. */
  void release(Slot slot) throws SQLException {
    if (!any) {
      return;
    }
    lock.lock();
    try {
      while (!waiting.isEmpty()) {
        Orphan orphan = waiting.getFirst();
        release(slot, orphan.group(), orphan.owner());
        waiting.removeFirst();
      }
      any = false;
    } finally {
      lock.unlock();
    }
  }

  static void release(Slot slot, long group, long owner) throws SQLException {
    PreparedStatement release = slot.prepare("SELECT release(?, ?)");
    release.setLong(1, group);
    release.setLong(2, owner);
    release.execute();
  }
}
