package dev.prism.plugin.kafka;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of Kafka's clients, made when it is first needed: its making fails while no broker's name can
 * be resolved, and a plugin must start all the same. Any thread.
 */
final class Lazy<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Lazy.class);

  private final Supplier<T> maker;
  private final ReentrantLock making = new ReentrantLock();
  private volatile @Nullable T made;

  Lazy(Supplier<T> maker) {
    this.maker = maker;
  }

  /** The client. */
  T get() {
    T there = made;
    return there != null ? there : make();
  }

  private T make() {
    making.lock();
    try {
      T there = made;
      if (there == null) {
        there = maker.get();
        made = there;
      }
      return there;
    } catch (KafkaException e) {
      LOG.warn("cannot make a client of Kafka", e);
      throw PrismException.of(Reason.BACKEND_UNAVAILABLE, "Kafka cannot be reached now");
    } finally {
      making.unlock();
    }
  }

  /** Makes another the next time, because {@code broken} will not work again. */
  void renew(T broken, Consumer<T> closer) {
    making.lock();
    try {
      if (broken.equals(made)) {
        made = null;
      }
    } finally {
      making.unlock();
    }
    closer.accept(broken);
  }

  /** Lets go of the client, where there is one. */
  void close(Consumer<T> closer) {
    making.lock();
    try {
      T there = made;
      made = null;
      if (there != null) {
        closer.accept(there);
      }
    } finally {
      making.unlock();
    }
  }
}
