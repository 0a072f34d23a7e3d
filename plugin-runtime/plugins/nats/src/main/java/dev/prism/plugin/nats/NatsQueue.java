package dev.prism.plugin.nats;

import dev.prism.plugin.nats.Streams.Stream;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.StreamInfo;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Topics are JetStream streams with one partition, groups durable consumers with explicit
 * acknowledgement. What this process has of a group it remembers, so that a late receipt is told
 * from one in force.
 *
 * <p>docs/nats.md says what is promised; docs/decisions/queue.md why it is done so.
 */
final class NatsQueue implements MessageQueue {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.SEEK_BY_TIME,
          Capability.ATTEMPT_COUNT,
          Capability.IDEMPOTENCY,
          Capability.DURABLE);

  private static final int MOST_GROUPS = 1000;
  private static final Duration PING = Duration.ofSeconds(1);

  private final NatsSettings settings;
  private final InstantSource clock;
  private final NatsLink link;
  private final Streams streams;
  private final Groups groups;
  private final Publisher publisher;
  private final Neighbours neighbours;
  private final Presence presence;
  private final Keeper keeper;
  private final Map<Name, Held> held = new ConcurrentHashMap<>();
  private final Map<Name, Place> places = new ConcurrentHashMap<>();
  private final AtomicLong nextOwner = new AtomicLong();
  private final AtomicLong nextToken = new AtomicLong(new SecureRandom().nextLong());

  /** Tells this process from all others: the upper half of its receipts' owners. */
  private final int process = new SecureRandom().nextInt();

  private record Name(String namespace, String topic, String group) {}

  /** A group as this process sees it; moved by one call at a time. */
  private static final class Place {
    final ReentrantLock lock = new ReentrantLock();
    final AtomicInteger consumers = new AtomicInteger();
  }

  NatsQueue(NatsLink link, NatsSettings settings, Topics topics, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.link = link;
    this.streams = new Streams(link, settings, topics);
    this.groups = new Groups(link, settings, streams);
    this.publisher = new Publisher(link, settings, streams);
    this.neighbours =
        new Neighbours(
            link,
            settings.timeout(),
            process,
            new Acks(this::held, publisher, settings.timeout(), clock));
    this.presence = new Presence(link, settings.timeout());
    this.keeper = new Keeper(held.values(), clock);
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  Duration timeout() {
    return settings.timeout();
  }

  long now() {
    return clock.millis();
  }

  long token() {
    return nextToken.getAndIncrement();
  }

  private @Nullable Held held(String namespace, Receipt receipt) {
    return held.get(new Name(namespace, receipt.topic(), receipt.group()));
  }

  private Place place(Name name) {
    return places.computeIfAbsent(name, _ -> new Place());
  }

  private static <T> T alone(Place place, Supplier<T> action) {
    place.lock.lock();
    try {
      return action.get();
    } finally {
      place.lock.unlock();
    }
  }

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    Supplier<List<PublicationResult>> sent = publisher.send(namespace, publications);
    List<PublicationResult> results = new ArrayList<>(sent.get());
    while (results.size() < publications.size()) {
      results.addAll(sent.get());
    }
    return results;
  }

  /** The server writes one while the acknowledgements of another are on their way. */
  @Override
  public int batchesUnderWay() {
    return 2;
  }

  @Override
  public Supplier<List<PublicationResult>> send(String namespace, List<Publication> publications) {
    return publisher.send(namespace, publications);
  }

  // ---- consuming ----

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    long owner = ((long) process << Integer.SIZE) | (nextOwner.getAndIncrement() & 0xffff_ffffL);
    place(new Name(namespace, subscription.topic(), subscription.group()))
        .consumers
        .incrementAndGet();
    try {
      return new GroupConsumer(this, namespace, subscription, owner);
    } catch (RuntimeException e) {
      left(namespace, subscription);
      throw e;
    }
  }

  /** Finds the group's consumer at the server, or makes it. */
  GroupConsumer.Joined join(String namespace, Subscription subscription) {
    Session session = link.await(settings.timeout().toNanos());
    int losses = session.losses();
    Name name = new Name(namespace, subscription.topic(), subscription.group());
    Stream stream = streams.existingOrNew(namespace, subscription.topic());
    String consumer = Names.consumer(subscription.group());
    try {
      Held joined =
          alone(
              place(name),
              () -> {
                ConsumerInfo info = groups.ensure(stream.name(), consumer, subscription.start());
                Held now =
                    held.compute(
                        name,
                        (_, known) ->
                            known != null && known.isOf(info)
                                ? known
                                : new Held(stream.name(), consumer, info));
                if (now.wasCutOff(session, losses)) {
                  Commits.settleAgain(session, settings.timeout(), info, now.settled());
                }
                now.seen(session, losses);
                if (presence.enter(session, stream.name(), consumer)) {
                  recover(session, now);
                }
                return now;
              });
      return new GroupConsumer.Joined(session, joined);
    } catch (RuntimeException e) {
      streams.forget(namespace, subscription.topic()); // it may have been deleted
      throw e;
    }
  }

  /** Nobody reads from the group: what those had who did comes first. */
  private void recover(Session session, Held group) {
    try {
      ConsumerInfo info = groups.info(group.stream(), group.consumer());
      // Where the newest delivery was this process's, all since the last recovery were.
      if (info != null
          && info.getNumAckPending() > 0
          && info.getDelivered().getConsumerSequence() > group.newest()) {
        Orphans.giveBack(session, settings.timeout(), info, groups.earliest(group.stream()));
      }
    } catch (RuntimeException e) {
      presence.leave(group.stream(), group.consumer(), () -> true);
      throw e;
    }
  }

  /** A consumer has gone, or did not come. */
  void left(String namespace, Subscription subscription) {
    Name name = new Name(namespace, subscription.topic(), subscription.group());
    AtomicInteger here = place(name).consumers;
    Held group = held.get(name);
    if (here.decrementAndGet() == 0 && group != null) {
      presence.leave(group.stream(), group.consumer(), () -> here.get() == 0);
    }
  }

  @Override
  public MessageReader read(String namespace, String topic, Start start) {
    link.await(settings.timeout().toNanos());
    Stream stream = streams.existing(namespace, topic);
    return new StreamReader(
        link, settings.timeout(), stream.name(), groups.place(stream.name(), start));
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> given) {
    link.await(settings.timeout().toNanos());
    return neighbours.acknowledge(namespace, given);
  }

  // ---- places ----

  @Override
  public void commit(String namespace, String topic, String group, Map<Integer, Long> offsets) {
    Stream stream = streams.existing(namespace, topic);
    Groups.checkOffsets(offsets, groups.end(stream.name()));
    long offset = offsets.getOrDefault(0, 0L);
    Name name = new Name(namespace, topic, group);
    alone(
        place(name),
        () -> {
          String consumer = Names.consumer(group);
          ConsumerInfo info = groups.ensure(stream.name(), consumer, new Start.Earliest());
          if (offset <= Groups.position(info)) {
            return false;
          }
          if (info.getDelivered().getStreamSequence() < offset) {
            move(name, stream, new Start.Offsets(Map.of(0, offset)));
          } else {
            Commits.settleBefore(
                link.session(),
                settings.timeout(),
                stream.name(),
                info,
                groups.earliest(stream.name()),
                offset,
                held.get(name));
          }
          return true;
        });
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String topic, String group, Start target) {
    Stream stream = streams.existing(namespace, topic);
    Name name = new Name(namespace, topic, group);
    return Map.of(0, alone(place(name), () -> move(name, stream, target)));
  }

  private long move(Name name, Stream stream, Start target) {
    long position = groups.seek(stream.name(), Names.consumer(name.group()), target);
    Held moved = held.get(name);
    if (moved != null) {
      moved.clear();
    }
    return position;
  }

  @Override
  public TopicInfo info(String namespace, String topic, List<String> wanted) {
    Stream stream = streams.existing(namespace, topic);
    StreamInfo info = streams.info(stream.name());
    if (info == null) {
      streams.forget(namespace, topic);
      throw Failures.topicNotFound(topic);
    }
    long end = info.getStreamState().getLastSequence() + 1;
    long earliest = Groups.earliest(info.getStreamState());
    List<TopicInfo.Group> found = new ArrayList<>();
    for (ConsumerInfo consumer : consumers(stream.name(), wanted)) {
      String group = Names.group(consumer.getName());
      AtomicInteger here = place(new Name(namespace, topic, group)).consumers;
      long committed = Math.max(earliest, Groups.position(consumer));
      found.add(
          new TopicInfo.Group(
              group,
              List.of(
                  new TopicInfo.Position(
                      0,
                      committed,
                      consumer.getNumPending() + consumer.getNumAckPending(),
                      consumer.getNumAckPending())),
              Math.max(here.get(), (int) consumer.getNumWaiting())));
    }
    found.sort(Comparator.comparing(TopicInfo.Group::name));
    return new TopicInfo(
        List.of(new TopicInfo.Partition(0, earliest, end)),
        found.subList(0, Math.min(found.size(), MOST_GROUPS)));
  }

  private List<ConsumerInfo> consumers(String stream, List<String> wanted) {
    if (wanted.isEmpty()) {
      return groups.all(stream).stream().filter(NatsQueue::isGroup).toList();
    }
    return wanted.stream()
        .map(group -> groups.info(stream, Names.consumer(group)))
        .filter(Objects::nonNull)
        .toList();
  }

  private static boolean isGroup(ConsumerInfo consumer) {
    return consumer.getConsumerConfiguration().getDurable() != null
        && Names.isGroup(consumer.getName());
  }

  @Override
  public Provisioned provision(String namespace, String topic, boolean dryRun) {
    return streams.provision(namespace, topic, dryRun);
  }

  @Override
  public void ping() {
    if (!link.session().answers(PING)) {
      throw Failures.unreachable();
    }
  }

  @Override
  public void close() {
    keeper.close();
    link.close();
  }
}
