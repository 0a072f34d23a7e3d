package dev.prism.link;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that large messages may hold at once (hazard 16). First come, first served, but for one
 * rule: while several owners wait, the first whose owner would hold no more than half goes before
 * one that would. An owner that holds nothing always counts as within its half.
 *
 * <p>Only messages of more than one frame come here, so its lock is not on the path of a small
 * call.
 */
public final class ByteBudget {
  private final long limit;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Reservation> line = new ArrayDeque<>();
  private final Map<String, Long> held = new HashMap<>();
  private long used;

  /** A budget of {@code limit} bytes; a message larger than that can never have room. */
  public ByteBudget(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a budget of " + limit + " bytes");
    }
    this.limit = limit;
  }

  /** All there is, in bytes. */
  public long limit() {
    return limit;
  }

  /** What is held now, in bytes. */
  public long used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks for {@code bytes}, at most the limit.
   *
   * @param owner the namespace they are for
   * @param granted runs once when they are there, on whatever thread let them go; must not block
   */
  Reservation reserve(String owner, long bytes, Runnable granted) {
    if (bytes > limit) {
      throw new IllegalArgumentException(bytes + " bytes of a budget of " + limit);
    }
    Reservation reservation = new Reservation(owner, bytes, granted);
    lock.lock();
    try {
      line.add(reservation);
    } finally {
      lock.unlock();
    }
    grant();
    return reservation;
  }

  private void grant() {
    List<Reservation> granted = new ArrayList<>();
    lock.lock();
    try {
      for (Reservation next = next(); next != null && used + next.bytes <= limit; next = next()) {
        line.remove(next);
        used += next.bytes;
        held.merge(next.owner, next.bytes, Long::sum);
        next.state = State.GRANTED;
        granted.add(next);
      }
    } finally {
      lock.unlock();
    }
    granted.forEach(reservation -> reservation.granted.run());
  }

  private @Nullable Reservation next() {
    for (Reservation waiting : line) {
      long holds = held.getOrDefault(waiting.owner, 0L);
      if (holds == 0 || holds + waiting.bytes <= limit / 2) {
        return waiting;
      }
    }
    return line.peekFirst();
  }

  private enum State {
    WAITING,
    GRANTED,
    CLOSED
  }

  /** Bytes asked for or held. */
  final class Reservation implements AutoCloseable {
    private final String owner;
    private final long bytes;
    private final Runnable granted;
    private volatile State state = State.WAITING;

    private Reservation(String owner, long bytes, Runnable granted) {
      this.owner = owner;
      this.bytes = bytes;
      this.granted = granted;
    }

    boolean isGranted() {
      return state == State.GRANTED;
    }

    /** Gives the bytes back, or leaves the line. What comes after the first time does nothing. */
    @Override
    public void close() {
      lock.lock();
      try {
        switch (state) {
          case WAITING -> line.remove(this);
          case GRANTED -> {
            used -= bytes;
            held.computeIfPresent(owner, (name, held) -> held == bytes ? null : held - bytes);
          }
          case CLOSED -> {
            return;
          }
        }
        state = State.CLOSED;
      } finally {
        lock.unlock();
      }
      grant();
    }
  }
}
