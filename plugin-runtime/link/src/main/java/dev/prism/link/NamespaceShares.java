package dev.prism.link;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls each namespace may have in flight on one link (hazard 16): half of all at any
 * time, and up to seven eighths while no other namespace has a call in flight or was refused one in
 * the last second. So a namespace alone can use nearly all, and a second one always finds room.
 */
final class NamespaceShares {
  private static final long CONTENDED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int half;
  private final int most;
  private final Map<String, Share> shares = new ConcurrentHashMap<>();
  private final AtomicInteger active = new AtomicInteger();

  /** One namespace's calls. There are as many as namespaces ever called, which is bounded. */
  static final class Share {
    private final AtomicInteger held = new AtomicInteger();
    private volatile long refusedNanos = System.nanoTime() - CONTENDED_NANOS;
  }

  NamespaceShares(int calls) {
    half = Math.max(1, calls / 2);
    most = Math.max(half, calls - calls / 8);
  }

  Share of(String namespace) {
    Share share = shares.get(namespace);
    return share != null ? share : shares.computeIfAbsent(namespace, name -> new Share());
  }

  boolean tryTake(Share share) {
    int held = share.held.incrementAndGet();
    if (held == 1) {
      active.incrementAndGet();
    }
    if (held > half && (held > most || othersWant(share))) {
      give(share);
      return false;
    }
    return true;
  }

  void give(Share share) {
    if (share.held.decrementAndGet() == 0) {
      active.decrementAndGet();
    }
  }

  /** The namespace found no room although it was within its share. */
  void refused(Share share) {
    share.refusedNanos = System.nanoTime();
  }

  private boolean othersWant(Share self) {
    if (active.get() > 1) {
      return true;
    }
    long now = System.nanoTime();
    for (Share share : shares.values()) {
      if (share != self && now - share.refusedNanos < CONTENDED_NANOS) {
        return true;
      }
    }
    return false;
  }
}
