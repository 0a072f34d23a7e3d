package dev.prism.plugin.memory;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.LogReader;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Topics in memory, each with one partition. Messages are kept until every group of the topic has
 * acknowledged them and their room is needed; where there is none, publishing is refused.
 */
final class MemoryQueue implements MessageQueue {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.ATOMIC_BATCH,
          Capability.DELAYED_DELIVERY,
          Capability.SEEK_BY_TIME,
          Capability.ATTEMPT_COUNT);

  private final InstantSource clock;
  private final Topics configured;
  private final long maxBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong nextOwner = new AtomicLong();
  private final Map<Name, MemoryTopic> topics = new ConcurrentHashMap<>();

  private record Name(String namespace, String topic) {}

  MemoryQueue(InstantSource clock, Topics configured, long maxBytes) {
    this.clock = clock;
    this.configured = configured;
    this.maxBytes = maxBytes;
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  /** The topic, which is made where it is missing and the namespace lets it be. */
  private MemoryTopic topic(String namespace, String name) {
    MemoryTopic known = topics.get(new Name(namespace, name));
    if (known != null) {
      return known;
    }
    configured.mayCreate(namespace, name);
    return made(namespace, name);
  }

  private MemoryTopic made(String namespace, String name) {
    return topics.computeIfAbsent(
        new Name(namespace, name), absent -> new MemoryTopic(absent.topic()));
  }

  private MemoryTopic known(String namespace, String name) {
    MemoryTopic topic = topics.get(new Name(namespace, name));
    if (topic == null) {
      throw PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no topic '" + name + "'");
    }
    return topic;
  }

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    long now = clock.millis();
    List<PublicationResult> results = new ArrayList<>(publications.size());
    for (Publication publication : publications) {
      results.add(publish(namespace, publication.topic(), publication.messages(), now));
    }
    return results;
  }

  private PublicationResult publish(
      String namespace, String name, List<Message> messages, long now) {
    MemoryTopic topic;
    try {
      topic = topic(namespace, name);
    } catch (PrismException notThere) {
      return new PublicationResult.Failed(notThere.status());
    }
    long wanted = messages.stream().mapToLong(MemoryTopic::bytes).sum();
    Status full = reserve(wanted);
    if (full != null) {
      return new PublicationResult.Failed(full);
    }
    long first = topic.append(messages, now);
    List<PublishResult> published = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      published.add(new PublishResult.Published(Long.toString(first + i), 0, first + i));
    }
    return new PublicationResult.Applied(published);
  }

  private @Nullable Status reserve(long wanted) {
    if (bytes.addAndGet(wanted) <= maxBytes) {
      return null;
    }
    for (MemoryTopic topic : topics.values()) {
      long over = bytes.get() - maxBytes;
      if (over <= 0 || bytes.addAndGet(-topic.trim(over)) <= maxBytes) {
        return null;
      }
    }
    bytes.addAndGet(-wanted);
    return PrismException.status(
        Reason.BACKEND_FULL,
        "the memory for messages is full of ones that a group has not acknowledged, or that no group"
            + " reads");
  }

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    MemoryTopic topic = topic(namespace, subscription.topic());
    String group = subscription.group();
    topic.join(group, subscription.start());
    long owner = nextOwner.getAndIncrement();
    return new Consumer() {
      private volatile boolean woken;

      @Override
      public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
        long end = System.nanoTime() + patienceNanos;
        while (true) {
          long seen = topic.signal().count();
          long now = clock.millis();
          List<Delivery> taken =
              topic.take(group, owner, most, mostBytes, now, subscription.ackTimeoutMillis());
          long left = end - System.nanoTime();
          if (!taken.isEmpty() || woken || left <= 0 || Thread.currentThread().isInterrupted()) {
            woken = false;
            return taken;
          }
          topic.signal().await(seen, Signal.until(topic.nextDue(group), now, left), () -> woken);
        }
      }

      @Override
      public void wake() {
        woken = true;
        topic.signal().wake();
      }

      @Override
      public void close() {
        topic.leave(group, owner, clock.millis());
      }
    };
  }

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    MemoryTopic topic = known(namespace, name);
    return new LogReader(topic::from, topic.signal(), clock, topic.start(start));
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    long now = clock.millis();
    List<AckResult> results = new ArrayList<>(acks.size());
    for (Ack ack : acks) {
      results.add(acknowledge(namespace, ack, now));
    }
    return results;
  }

  private AckResult acknowledge(String namespace, Ack ack, long now) {
    MemoryTopic topic = topics.get(new Name(namespace, ack.receipt().topic()));
    if (topic == null) {
      return Leases.expired();
    }
    if (ack.outcome() instanceof Ack.Outcome.Dead(String name, String reason)) {
      Delivery delivery = topic.find(ack, now);
      if (delivery == null) {
        return Leases.expired();
      }
      Message letter = DeadLetters.of(delivery.stored(), ack.receipt(), delivery.attempt(), reason);
      if (publish(namespace, name, List.of(letter), now)
          instanceof PublicationResult.Failed(Status status)) {
        return new AckResult.Failed(status);
      }
    }
    return topic.settle(ack, now);
  }

  @Override
  public void commit(String namespace, String topic, String group, Map<Integer, Long> offsets) {
    known(namespace, topic).commit(group, offsets);
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String topic, String group, Start target) {
    return Map.of(0, known(namespace, topic).seek(group, target));
  }

  @Override
  public TopicInfo info(String namespace, String topic, List<String> groups) {
    return known(namespace, topic).info(groups, clock.millis());
  }

  @Override
  public Provisioned provision(String namespace, String topic, boolean dryRun) {
    boolean there = topics.containsKey(new Name(namespace, topic));
    if (!there && !dryRun) {
      made(namespace, topic);
    }
    return Provisioned.ofFixed(configured.of(namespace, topic), there, "memory");
  }

  @Override
  public void ping() {
    // It is this process.
  }

  @Override
  public void close() {
    topics.clear();
  }
}
