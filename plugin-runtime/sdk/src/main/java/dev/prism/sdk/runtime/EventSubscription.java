package dev.prism.sdk.runtime;

import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import dev.prism.link.InboundCall;
import dev.prism.pubsub.v1.EventDelivery;
import dev.prism.pubsub.v1.SlowPolicy;
import dev.prism.pubsub.v1.SubscribeResponse;
import dev.prism.pubsub.v1.SubscriptionInfo;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Header;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber: what is held for it while its stream takes no more, within bounds, and what it
 * has lost. The backend's threads put events in, never waiting; the stream's thread sends them.
 */
final class EventSubscription implements Listener {
  /** Events of one response. */
  private static final int MOST_EVENTS = 256;

  private static final long MOST_RESPONSE_BYTES = 256 << 10;

  /** What one subscriber may hold. */
  private static final long MOST_BYTES = 16L << 20;

  private final String id;
  private final TopicPattern pattern;
  private final String group;
  private final long sinceMillis;
  private final int capacity;
  private final SlowPolicy policy;
  private final AtomicLong allBytes;
  private final long mostBytes;
  private final Counts counts;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private long heldBytes;
  private long droppedUntold;
  private long dropped;
  private long delivered;
  private End end = End.NONE;

  private record Held(String topic, Event event, long bytes) {}

  private enum End {
    NONE,
    /** Deliver what is held, then OK. */
    UNSUBSCRIBED,
    /** Nobody waits any more. */
    OVER,
    DRAINED,
    TOO_SLOW
  }

  /** Told of what is sent and lost. */
  interface Counts {
    void delivered(int events);

    void dropped(int events);
  }

  /**
   * @param id names it to Unsubscribe
   * @param capacity how many events are held at most
   * @param allBytes what all subscribers of the process hold together
   * @param mostBytes what they may
   */
  EventSubscription(
      String id,
      TopicPattern pattern,
      String group,
      long sinceMillis,
      int capacity,
      SlowPolicy policy,
      AtomicLong allBytes,
      long mostBytes,
      Counts counts) {
    this.id = id;
    this.pattern = pattern;
    this.group = group;
    this.sinceMillis = sinceMillis;
    this.capacity = capacity;
    this.policy = policy;
    this.allBytes = allBytes;
    this.mostBytes = mostBytes;
    this.counts = counts;
  }

  String id() {
    return id;
  }

  TopicPattern pattern() {
    return pattern;
  }

  @Override
  public void onEvent(String topic, Event event) {
    long bytes = event.bytes() + topic.length();
    int lost = 0;
    lock.lock();
    try {
      if (end != End.NONE) {
        return;
      }
      if (!fits(bytes) && policy == SlowPolicy.SLOW_POLICY_DISCONNECT) {
        end = End.TOO_SLOW;
        lost = held.size() + 1;
        clear();
      }
      while (policy == SlowPolicy.SLOW_POLICY_DROP_OLDEST && !fits(bytes) && !held.isEmpty()) {
        remove();
        lost++;
      }
      if (end == End.NONE && fits(bytes)) {
        held.add(new Held(topic, event, bytes));
        heldBytes += bytes;
        allBytes.addAndGet(bytes);
      } else if (end == End.NONE) {
        lost++;
      }
      dropped += lost;
      droppedUntold += lost;
      changed.signal();
    } finally {
      lock.unlock();
    }
    counts.dropped(lost);
  }

  private boolean fits(long bytes) {
    return held.size() < capacity
        && heldBytes + bytes <= MOST_BYTES
        && (allBytes.get() + bytes <= mostBytes || held.isEmpty());
  }

  private Held remove() {
    Held first = held.remove();
    heldBytes -= first.bytes();
    allBytes.addAndGet(-first.bytes());
    return first;
  }

  private void clear() {
    while (!held.isEmpty()) {
      remove();
    }
  }

  @Override
  public boolean isBehind() {
    lock.lock();
    try {
      return held.size() >= capacity || heldBytes >= MOST_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /** Delivers what is held, and ends with OK. */
  void unsubscribe() {
    end(End.UNSUBSCRIBED);
  }

  /** Ends at once: nobody waits for it. */
  void over() {
    end(End.OVER);
  }

  /** Ends with SHUTTING_DOWN. */
  void drain() {
    end(End.DRAINED);
  }

  private void end(End why) {
    lock.lock();
    try {
      if (end == End.NONE || why == End.OVER) {
        end = why;
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says that the subscription is in force, and sends events until it ends.
   *
   * @throws PrismException SUBSCRIBER_TOO_SLOW, SHUTTING_DOWN
   */
  void run(InboundCall stream) {
    try {
      boolean taken =
          stream.send(SubscribeResponse.newBuilder().setSubscriptionId(id).build().toByteArray());
      SubscribeResponse next = taken ? next() : null;
      while (next != null && stream.send(next.toByteArray())) {
        next = next();
      }
    } finally {
      lock.lock();
      try {
        end = End.OVER;
        clear();
      } finally {
        lock.unlock();
      }
    }
  }

  /** What is sent next; waits for it. Null at the end. */
  private @Nullable SubscribeResponse next() {
    SubscribeResponse.Builder response = SubscribeResponse.newBuilder();
    List<Held> taken = new ArrayList<>();
    lock.lock();
    try {
      while (held.isEmpty() && droppedUntold == 0 && end == End.NONE) {
        changed.awaitUninterruptibly();
      }
      switch (end) {
        case TOO_SLOW ->
            throw PrismException.of(
                Reason.SUBSCRIBER_TOO_SLOW,
                "the subscriber took events too slowly: "
                    + capacity
                    + " were held for it; subscribe again, and take them faster or hold more");
        case DRAINED ->
            throw PrismException.of(
                Reason.SHUTTING_DOWN, "the plugin is shutting down; subscribe again");
        case OVER -> {
          return null;
        }
        case UNSUBSCRIBED -> {
          if (held.isEmpty() && droppedUntold == 0) {
            return null;
          }
        }
        case NONE -> {}
      }
      long bytes = 0;
      while (!held.isEmpty()
          && taken.size() < MOST_EVENTS
          && (bytes == 0 || bytes + held.element().bytes() <= MOST_RESPONSE_BYTES)) {
        Held first = remove();
        bytes += first.bytes();
        taken.add(first);
      }
      response.setDropped(droppedUntold);
      droppedUntold = 0;
      delivered += taken.size();
    } finally {
      lock.unlock();
    }
    taken.forEach(each -> response.addEvents(delivery(each)));
    counts.delivered(taken.size());
    return response.build();
  }

  private static EventDelivery delivery(Held held) {
    Event event = held.event();
    var told =
        dev.prism.pubsub.v1.Event.newBuilder()
            .setPayload(UnsafeByteOperations.unsafeWrap(event.payload()))
            .setCorrelationId(event.correlationId())
            .setReplyTo(event.replyTo());
    for (Header header : event.headers()) {
      told.addHeaders(
          dev.prism.type.v1.Header.newBuilder()
              .setName(header.name())
              .setValue(UnsafeByteOperations.unsafeWrap(header.value())));
    }
    return EventDelivery.newBuilder().setTopic(held.topic()).setEvent(told).build();
  }

  /** What ListSubscriptions tells. */
  SubscriptionInfo info() {
    lock.lock();
    try {
      return SubscriptionInfo.newBuilder()
          .setSubscriptionId(id)
          .setPattern(pattern.text())
          .setQueueGroup(group)
          .setSubscribedAt(
              Timestamp.newBuilder()
                  .setSeconds(Math.floorDiv(sinceMillis, 1000))
                  .setNanos((int) Math.floorMod(sinceMillis, 1000L) * 1_000_000))
          .setDelivered(delivered)
          .setDropped(dropped)
          .setBuffered(held.size())
          .build();
    } finally {
      lock.unlock();
    }
  }
}
