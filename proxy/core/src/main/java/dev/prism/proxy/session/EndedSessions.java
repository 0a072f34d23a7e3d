package dev.prism.proxy.session;

import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.status.PrismException;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions that ended: their tokens are remembered for a while, so that their clients are told
 * SESSION_EXPIRED and not SESSION_INVALID, and their records are removed from the control store, by
 * whoever can wait for that or behind the caller's back, again and again until it is done.
 */
final class EndedSessions {
  /** How long a client is told that its session has ended. */
  static final long REMEMBERED_NANOS = Duration.ofMinutes(10).toNanos();

  /** Of how many; about 200 bytes and a session each. */
  static final int REMEMBERED = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(EndedSessions.class);

  private final ControlStore store;
  private final Queue<Remembered> remembered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final Set<String> toRemove = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean removing = new AtomicBoolean();

  private record Remembered(Tokens.Hash hash, long since) {}

  EndedSessions(ControlStore store) {
    this.store = store;
  }

  void add(String id, Tokens.Hash hash, long now, Consumer<Tokens.Hash> forget) {
    toRemove.add(id);
    remembered.add(new Remembered(hash, now));
    if (size.incrementAndGet() > REMEMBERED) {
      forgetFirst(forget);
    }
  }

  void remove(String id) {
    toRemove.add(id);
  }

  void forgetOld(long now, Consumer<Tokens.Hash> forget) {
    for (Remembered first = remembered.peek();
        first != null && now - first.since() > REMEMBERED_NANOS;
        first = remembered.peek()) {
      forgetFirst(forget);
    }
  }

  private void forgetFirst(Consumer<Tokens.Hash> forget) {
    Remembered first = remembered.poll();
    if (first != null) {
      size.decrementAndGet();
      forget.accept(first.hash());
    }
  }

  /** Removes one record, and returns when that is done. */
  void removeNow(String id) {
    store.delete(Kind.SESSIONS, id);
    toRemove.remove(id);
  }

  /** As {@link #removeNow}, where an earlier removal failed. */
  void removeNowIfPending(String id) {
    if (toRemove.contains(id)) {
      removeNow(id);
    }
  }

  /** Removes every record that waits for it. */
  void removeAllNow() {
    for (String id : toRemove) {
      removeNow(id);
    }
  }

  /** Removes what waits for it on a thread of its own, one at a time; what fails is tried again. */
  void removeSoon() {
    if (toRemove.isEmpty() || !removing.compareAndSet(false, true)) {
      return;
    }
    Thread.ofVirtual()
        .name("prism-sessions-removal")
        .start(
            () -> {
              try {
                removeAllNow();
              } catch (PrismException e) {
                LOG.warn("Ended sessions are still in the control store; trying again");
              } finally {
                removing.set(false);
              }
            });
  }

  /** Removes what still waits, where the store answers. */
  void close() {
    try {
      removeAllNow();
    } catch (PrismException e) {
      LOG.warn("{} ended sessions stay in the control store until they are over", toRemove.size());
    }
  }
}
