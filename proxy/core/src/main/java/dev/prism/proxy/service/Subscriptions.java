package dev.prism.proxy.service;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open streams that end only when somebody ends them: Subscribe and Consume. A server that
 * shuts down ends them at once, because there is nothing in them to finish.
 */
final class Subscriptions {
  private final Set<Runnable> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  /** One stream's place; closed when the stream has ended. */
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /** Has {@code end} run when the server shuts down; at once where it does already. */
  Place add(Runnable end) {
    open.add(end);
    if (ended) {
      end.run();
    }
    return () -> open.remove(end);
  }

  /** Ends them all, and those that come later. */
  void end() {
    ended = true;
    open.forEach(Runnable::run);
  }
}
