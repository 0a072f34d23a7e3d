package dev.prism.plugin.kafka;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.DeadLetters;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Topics of Prism are topics of Kafka, groups are groups of Kafka. A message's place in its group
 * is the offset that is committed; what of the messages after it is delivered, waits or is
 * acknowledged is in this process's memory, so that a crash brings back what was not acknowledged.
 *
 * <p>docs/kafka.md says what is promised; docs/decisions/queue.md why it is done so.
 */
final class KafkaQueue implements MessageQueue {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(Capability.SEEK_BY_TIME, Capability.DURABLE);

  /** Each has a consumer of the driver's, with threads and buffers of its own. */
  private static final int MOST_READERS = 256;

  private static final int SMALL_BATCH = 4;

  /** A sync of a batch takes as long or longer, however many messages are in it. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long COMMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(Drivers.CALL_MILLIS);
  private static final long CATCH_UP_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** The process that leased a message is in these bits of a receipt's owner. */
  private static final int PROCESS_SHIFT = 48;

  private final Connections connections;
  private final KafkaSettings settings;
  private final InstantSource clock;
  private final Drivers drivers;
  private final Cluster cluster;
  private final Places places;
  private final Publisher publisher;
  private final Membership membership;
  private final Map<Name, GroupReader> groups = new ConcurrentHashMap<>();
  private final Set<TopicReader> readers = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicLong nextOwner = new AtomicLong(1);

  private record Name(String namespace, String topic, String group) {}

  KafkaQueue(Connections connections, InstantSource clock) {
    this.connections = connections;
    this.settings = connections.settings();
    this.clock = clock;
    this.drivers = connections.drivers();
    this.cluster = connections.cluster();
    this.places = connections.places();
    this.publisher = connections.publisher();
    this.membership = Membership.open(settings.dataDir(), settings.process());
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    return publisher.publish(namespace, publications).get();
  }

  @Override
  public int batchesUnderWay() {
    return 2;
  }

  /**
   * A partition's batches are synced one after the other: under load few large ones are quicker.
   */
  @Override
  public int messagesUnderWay() {
    return SMALL_BATCH;
  }

  @Override
  public long gatherNanos() {
    return GATHER_NANOS;
  }

  @Override
  public Supplier<List<PublicationResult>> send(String namespace, List<Publication> publications) {
    return publisher.publish(namespace, publications);
  }

  // ---- consuming ----

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    int partitions = cluster.ensure(namespace, subscription.topic());
    String topic = cluster.physical(namespace, subscription.topic());
    Name name = new Name(namespace, subscription.topic(), subscription.group());
    if (!groups.containsKey(name)) {
      places.establish(topic, partitions, subscription.group(), subscription.start());
    }
    Map<Integer, Long> ends = places.ends(topic, partitions);
    return new GroupConsumer(join(name, topic), subscription, ends);
  }

  /** The group's reader in this process, with one more consumer. */
  private GroupReader join(Name name, String topic) {
    List<GroupReader> started = new ArrayList<>();
    GroupReader reader =
        groups.compute(
            name,
            (key, known) -> {
              if (known != null && known.join()) {
                return known;
              }
              take();
              GroupReader made = newReader(name, topic);
              made.join();
              started.add(made);
              return made;
            });
    started.forEach(GroupReader::start);
    return reader;
  }

  private GroupReader newReader(Name name, String topic) {
    try {
      GroupReader[] made = new GroupReader[1];
      made[0] =
          new GroupReader(
              drivers,
              places,
              name.topic(),
              topic,
              name.group(),
              membership.name(),
              clock,
              () -> {
                groups.computeIfPresent(name, (key, now) -> now == made[0] ? null : now);
                open.decrementAndGet();
              });
      return made[0];
    } catch (RuntimeException e) {
      open.decrementAndGet();
      throw Errors.answer(e);
    }
  }

  private void take() {
    if (open.incrementAndGet() > MOST_READERS) {
      open.decrementAndGet();
      throw PrismException.of(
          Reason.OVERLOADED,
          "this process reads " + MOST_READERS + " topics for groups; try again after a moment");
    }
  }

  private final class GroupConsumer implements Consumer {
    private final GroupReader reader;
    private final long ackTimeoutMillis;
    private final Map<Integer, Long> ends;
    private final long owner =
        (long) settings.process() << PROCESS_SHIFT | nextOwner.getAndIncrement();
    private volatile boolean woken;

    /** What was there when it came has to be read before there may be nothing more. */
    GroupConsumer(GroupReader reader, Subscription subscription, Map<Integer, Long> ends) {
      this.reader = reader;
      this.ackTimeoutMillis = subscription.ackTimeoutMillis();
      this.ends = ends;
    }

    @Override
    public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
      long begun = System.nanoTime();
      while (true) {
        long seen = reader.signal().count();
        long now = clock.millis();
        boolean all = reader.shelf().isCaughtUp(ends);
        List<Delivery> taken = reader.take(owner, most, mostBytes, now, now + ackTimeoutMillis);
        long patience = all ? patienceNanos : Math.max(patienceNanos, CATCH_UP_NANOS);
        long left = begun + patience - System.nanoTime();
        if (!taken.isEmpty() || woken || left <= 0 || Thread.currentThread().isInterrupted()) {
          woken = false;
          return taken;
        }
        reader.signal().await(seen, Signal.until(reader.nextDue(), now, left), () -> woken);
      }
    }

    @Override
    public void wake() {
      woken = true;
      reader.signal().wake();
    }

    @Override
    public void close() {
      reader.leave(owner);
    }
  }

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    int partitions = cluster.partitions(namespace, name);
    String topic = cluster.physical(namespace, name);
    Map<Integer, Long> from = places.resolve(topic, partitions, start);
    Map<Integer, Long> ends = places.ends(topic, partitions);
    take();
    try {
      TopicReader[] made = new TopicReader[1];
      made[0] =
          new TopicReader(
              drivers,
              topic,
              from,
              ends,
              () -> {
                readers.remove(made[0]);
                open.decrementAndGet();
              });
      readers.add(made[0]);
      made[0].start();
      return made[0];
    } catch (RuntimeException e) {
      open.decrementAndGet();
      throw Errors.answer(e);
    }
  }

  // ---- acknowledging ----

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    AckResult[] results = new AckResult[acks.size()];
    bury(namespace, acks, results);
    Map<GroupReader, List<Integer>> settled = new HashMap<>();
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null) {
        GroupReader reader = reader(namespace, acks.get(i).receipt());
        results[i] = reader == null ? Leases.expired() : reader.settle(acks.get(i));
        if (reader != null
            && results[i] instanceof AckResult.Taken
            && isSettled(acks.get(i).outcome())) {
          settled.computeIfAbsent(reader, each -> new ArrayList<>()).add(i);
        }
      }
    }
    Map<GroupReader, Long> tickets = new HashMap<>();
    settled.keySet().forEach(reader -> tickets.put(reader, reader.requestCommit()));
    long end = System.nanoTime() + COMMIT_NANOS;
    tickets.forEach(
        (reader, ticket) -> {
          Commits.Outcome outcome = reader.awaitCommit(ticket, end);
          if (outcome != Commits.Outcome.DONE) {
            AckResult told =
                outcome == Commits.Outcome.LOST
                    ? Leases.expired()
                    : new AckResult.Failed(Errors.unknown().status());
            settled.getOrDefault(reader, List.of()).forEach(i -> results[i] = told);
          }
        });
    return List.of(results);
  }

  private static boolean isSettled(Ack.Outcome outcome) {
    return outcome instanceof Ack.Outcome.Done || outcome instanceof Ack.Outcome.Dead;
  }

  /** The reader that leased what the receipt names; null where it was another process's. */
  private @Nullable GroupReader reader(String namespace, Receipt receipt) {
    return receipt.owner() >>> PROCESS_SHIFT == settings.process()
        ? groups.get(new Name(namespace, receipt.topic(), receipt.group()))
        : null;
  }

  /** Writes the dead letters; {@code results} gets those that are not to be settled. */
  private void bury(String namespace, List<Ack> acks, AckResult[] results) {
    List<Publication> letters = new ArrayList<>();
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      if (acks.get(i).outcome() instanceof Ack.Outcome.Dead(String topic, String reason)) {
        Receipt receipt = acks.get(i).receipt();
        GroupReader reader = reader(namespace, receipt);
        Delivery delivery = reader == null ? null : reader.find(receipt);
        if (delivery == null) {
          results[i] = Leases.expired();
        } else {
          letters.add(
              new Publication(
                  topic,
                  List.of(DeadLetters.of(delivery.stored(), receipt, delivery.attempt(), reason)),
                  false,
                  null));
          indexes.add(i);
        }
      }
    }
    if (letters.isEmpty()) {
      return;
    }
    List<PublicationResult> written = publisher.publish(namespace, letters).get();
    for (int i = 0; i < written.size(); i++) {
      switch (written.get(i)) {
        case PublicationResult.Failed(Status status) ->
            results[indexes.get(i)] = new AckResult.Failed(status);
        case PublicationResult.Applied(List<PublishResult> each)
            when each.getFirst() instanceof PublishResult.Failed(Status status) ->
            results[indexes.get(i)] = new AckResult.Failed(status);
        default -> {}
      }
    }
  }

  // ---- places ----

  @Override
  public void commit(String namespace, String name, String group, Map<Integer, Long> offsets) {
    int partitions = cluster.partitions(namespace, name);
    String topic = cluster.physical(namespace, name);
    Map<Integer, Long> wanted = places.checked(topic, partitions, offsets);
    GroupReader reader = groups.get(new Name(namespace, name, group));
    if (reader != null && reader.commit(wanted)) {
      return;
    }
    away(
        reader,
        () -> {
          Map<Integer, Long> committed = places.committed(topic, group);
          Map<Integer, Long> ahead = new TreeMap<>(wanted);
          ahead.replaceAll(
              (partition, offset) -> Math.max(offset, committed.getOrDefault(partition, 0L)));
          if (committed.isEmpty()) {
            places.earliest(topic, partitions).forEach(ahead::putIfAbsent);
          }
          places.move(topic, group, ahead);
        });
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String name, String group, Start target) {
    int partitions = cluster.partitions(namespace, name);
    String topic = cluster.physical(namespace, name);
    Map<Integer, Long> moved =
        target instanceof Start.Offsets(Map<Integer, Long> offsets)
            ? places.checked(topic, partitions, offsets)
            : places.resolve(topic, partitions, target);
    away(groups.get(new Name(namespace, name, group)), () -> places.move(topic, group, moved));
    Map<Integer, Long> now = places.earliest(topic, partitions);
    now.putAll(places.committed(topic, group));
    return now;
  }

  private static void away(@Nullable GroupReader reader, Runnable move) {
    if (reader == null) {
      move.run();
    } else {
      reader.away(move);
    }
  }

  @Override
  public TopicInfo info(String namespace, String name, List<String> wanted) {
    int partitions = cluster.partitions(namespace, name);
    String topic = cluster.physical(namespace, name);
    Map<Integer, Long> earliest = places.earliest(topic, partitions);
    Map<Integer, Long> ends = places.ends(topic, partitions);
    Map<String, Map<Integer, Long>> placed = places.groups(topic, wanted);
    Map<String, Integer> members = places.members(topic, placed.keySet());
    List<TopicInfo.Partition> infos = new ArrayList<>();
    ends.forEach(
        (partition, end) ->
            infos.add(
                new TopicInfo.Partition(partition, earliest.getOrDefault(partition, end), end)));
    List<TopicInfo.Group> groupInfos = new ArrayList<>();
    placed.forEach(
        (group, committed) -> {
          GroupReader reader = groups.get(new Name(namespace, name, group));
          int others = members.getOrDefault(group, 0);
          groupInfos.add(
              new TopicInfo.Group(
                  group,
                  positions(reader, earliest, ends, committed),
                  reader == null ? others : reader.consumers() + Math.max(0, others - 1)));
        });
    return new TopicInfo(infos, groupInfos);
  }

  private List<TopicInfo.Position> positions(
      @Nullable GroupReader reader,
      Map<Integer, Long> earliest,
      Map<Integer, Long> ends,
      Map<Integer, Long> committed) {
    Map<Integer, Shelf.Standing> here =
        reader == null ? Map.of() : reader.shelf().standing(ends, clock.millis());
    List<TopicInfo.Position> positions = new ArrayList<>();
    ends.forEach(
        (partition, end) -> {
          Shelf.Standing own = here.get(partition);
          long first = earliest.getOrDefault(partition, 0L);
          long at = Math.max(first, committed.getOrDefault(partition, first));
          positions.add(
              own == null
                  ? new TopicInfo.Position(partition, at, Math.max(0, end - at), 0)
                  : new TopicInfo.Position(partition, own.committed(), own.lag(), own.inFlight()));
        });
    return positions;
  }

  @Override
  public Provisioned provision(String namespace, String topic, boolean dryRun) {
    return cluster.provision(namespace, topic, dryRun);
  }

  @Override
  public void ping() {
    cluster.ping();
  }

  @Override
  public void close() {
    groups.values().forEach(GroupReader::finish);
    readers.forEach(TopicReader::close);
    groups.values().forEach(GroupReader::awaitEnd);
    readers.forEach(TopicReader::awaitEnd);
    connections.release();
    membership.close();
  }
}
