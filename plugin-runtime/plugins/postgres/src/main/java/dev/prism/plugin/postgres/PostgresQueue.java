package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.LogReader;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.MessageReader;
import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.Signals;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.Topic;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Topics in tables, each with one partition: a log, what groups have leased of it, and what is out
 * of order. Several processes may serve one database.
 *
 * <p>docs/postgres.md says what is promised; docs/decisions/queue.md why the tables are these.
 */
final class PostgresQueue implements MessageQueue {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.ATOMIC_BATCH,
          Capability.DELAYED_DELIVERY,
          Capability.SEEK_BY_TIME,
          Capability.ATTEMPT_COUNT,
          Capability.IDEMPOTENCY,
          Capability.DURABLE);

  private static final int LANES = 2;

  /** What a process says when it begins to hear: no topic has this number. */
  private static final String COME = "0";

  private final Names names;
  private final Slots publishing;
  private final Slot settling;
  private final Slot probe;
  private final Slots slots;
  private final Presence presence;
  private final Notifier notifier;
  private final Upkeep upkeep;
  private final Places places;
  private final Orphans orphans = new Orphans();
  private final Signals<Long> signals = new Signals<>();
  private final Map<Long, AtomicInteger> consumers = new ConcurrentHashMap<>();
  private final AtomicInteger nextOwner = new AtomicInteger(1);

  /** Opens what is needed when it is needed; the server may not be there yet. */
  PostgresQueue(PostgresSettings settings, Topics topics) {
    Database database = new Database(settings);
    String channel = settings.schema() + "_queue";
    this.names = new Names(topics);
    this.publishing = new Slots(database, Purpose.DURABLE, LANES, settings.acquireMillis());
    this.settling = new Slot(database, Purpose.DURABLE);
    this.probe = new Slot(database, Purpose.PROBE);
    this.slots =
        new Slots(database, Purpose.RELAXED, settings.connections(), settings.acquireMillis());
    this.presence = new Presence(database, channel, this::heard, this::come);
    this.notifier = new Notifier(new Slot(database, Purpose.RELAXED), channel);
    this.upkeep =
        new Upkeep(
            new Slot(database, Purpose.RELAXED),
            presence,
            notifier,
            settings.keepMillis(),
            topics,
            signals::raiseAll);
    this.places = new Places(upkeep);
    presence.start();
    upkeep.start();
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  // ---- who is to look again ----

  private void heard(String topic) {
    if (topic.equals(COME)) {
      notifier.somebodyCame();
      return;
    }
    signals.raise(Long.valueOf(topic));
  }

  /** This process hears from now on. */
  private void come() {
    notifier.somebodyCame();
    notifier.changed(Long.parseLong(COME));
    signals.raiseAll();
  }

  private void changed(Collection<Long> topics) {
    for (long topic : topics) {
      signals.raise(topic);
      notifier.changed(topic);
    }
  }

  // ---- publishing ----

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    return send(namespace, publications).get();
  }

  /** One is written while the server syncs another. */
  @Override
  public int batchesUnderWay() {
    return LANES;
  }

  /**
   * Commits without a wait for the disk, so that the topics are free for the next batch, and then
   * waits for the disk on the same connection: one that has lived through both has not been through
   * a restart of the server, which forgets what it has not synced.
   */
  @Override
  public Supplier<List<PublicationResult>> send(String namespace, List<Publication> publications) {
    Slot slot = publishing.take();
    Publishing batch = new Publishing(namespace, publications);
    List<PublicationResult> results;
    try {
      results = slot.write(each -> batch.run(each, names));
    } catch (RuntimeException e) {
      publishing.give(slot);
      if (publications.size() == 1 || !(e instanceof PrismException own) || !isOnesOwn(own)) {
        throw e;
      }
      List<PublicationResult> alone = oneByOne(namespace, publications);
      return () -> alone;
    }
    return () -> {
      try {
        slot.after(Publishing::sync);
      } finally {
        publishing.give(slot);
      }
      changed(batch.topics());
      return results;
    };
  }

  /** Hazard 22: so that only the guilty caller fails. */
  private List<PublicationResult> oneByOne(String namespace, List<Publication> publications) {
    List<PublicationResult> results = new ArrayList<>(publications.size());
    for (Publication publication : publications) {
      try {
        results.addAll(publish(namespace, List.of(publication)));
      } catch (PrismException own) {
        results.add(new PublicationResult.Failed(own.status()));
      }
    }
    return results;
  }

  private static boolean isOnesOwn(PrismException e) {
    return switch (e.reason()) {
      case OUTCOME_UNKNOWN, BACKEND_UNAVAILABLE, OVERLOADED, SHUTTING_DOWN -> false;
      default -> true;
    };
  }

  // ---- places ----

  @Override
  public void commit(String namespace, String name, String group, Map<Integer, Long> offsets) {
    settling.write(
        slot -> {
          long topic = names.known(slot, namespace, name);
          Places.check(offsets, places.end(slot, topic));
          long id = join(slot, topic, group, places.earliest(slot, topic));
          places.commitBefore(slot, id, offsets.getOrDefault(0, 0L));
          return true;
        });
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String name, String group, Start target) {
    record Moved(long topic, long place) {}
    Moved moved =
        settling.write(
            slot -> {
              long topic = names.known(slot, namespace, name);
              long place = places.of(slot, topic, target);
              places.seek(slot, join(slot, topic, group, place), place);
              return new Moved(topic, place);
            });
    changed(List.of(moved.topic()));
    return Map.of(0, moved.place());
  }

  private long join(Slot slot, long topic, String group, long place) throws SQLException {
    Long known = names.group(slot, topic, group);
    return known == null ? places.join(slot, topic, group, place) : known;
  }

  @Override
  public TopicInfo info(String namespace, String name, List<String> wanted) {
    return slots.read(
        slot -> {
          long topic = names.known(slot, namespace, name);
          long earliest = places.earliest(slot, topic);
          long end = places.end(slot, topic);
          List<TopicInfo.Group> infos = new ArrayList<>();
          for (Places.Standing each : places.standings(slot, topic)) {
            if (wanted.isEmpty() || wanted.contains(each.name())) {
              infos.add(info(each, earliest, end));
            }
          }
          return new TopicInfo(List.of(new TopicInfo.Partition(0, earliest, end)), infos);
        });
  }

  private TopicInfo.Group info(Places.Standing group, long earliest, long end) {
    AtomicInteger subscribed = consumers.get(group.id());
    long ahead = Math.max(0, end - Math.max(group.place(), earliest));
    return new TopicInfo.Group(
        group.name(),
        List.of(new TopicInfo.Position(0, group.low(), ahead + group.held(), group.inFlight())),
        subscribed == null ? 0 : subscribed.get());
  }

  @Override
  public Provisioned provision(String namespace, String name, boolean dryRun) {
    Topic topic = names.configured(namespace, name);
    // Of what a topic may have of its own, tables keep its retention in time.
    Topic rest =
        new Topic(
            topic.physicalName(),
            topic.create(),
            topic.partitions(),
            topic.replicas(),
            0,
            topic.retentionBytes());
    return settling.write(
        slot -> {
          boolean there = names.find(slot, namespace, name) != null;
          if (!there && !dryRun) {
            names.make(slot, topic.physicalName());
          }
          return Provisioned.ofFixed(rest, there, "PostgreSQL");
        });
  }

  // ---- consuming ----

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    record Joined(long topic, long group) {}
    long process = presence.id();
    Joined joined =
        slots.read(
            slot -> {
              // What a process that has just died had comes before what is behind it.
              Upkeep.releaseDead(slot, process);
              Long topic = names.find(slot, namespace, subscription.topic());
              if (topic == null) {
                places.ofNothing(subscription.start());
                topic = names.findOrMake(slot, namespace, subscription.topic());
              }
              Long group = names.group(slot, topic, subscription.group());
              if (group == null) {
                long place = places.of(slot, topic, subscription.start());
                group = places.join(slot, topic, subscription.group(), place);
              }
              return new Joined(topic, group);
            });
    AtomicInteger subscribed = consumers.computeIfAbsent(joined.group(), _ -> new AtomicInteger());
    subscribed.incrementAndGet();
    return new GroupConsumer(
        slots,
        orphans,
        signals.of(joined.topic()),
        subscription,
        joined.topic(),
        joined.group(),
        process << 32 | (nextOwner.getAndIncrement() & 0x7fffffffL),
        subscribed::decrementAndGet);
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    Settling round = new Settling(namespace, names);
    List<AckResult> results = settling.write(slot -> round.run(slot, acks));
    changed(round.changed());
    return results;
  }

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    record Beginning(long topic, long place) {}
    Beginning beginning =
        slots.read(
            slot -> {
              long topic = names.known(slot, namespace, name);
              return new Beginning(topic, places.of(slot, topic, start));
            });
    long topic = beginning.topic();
    return new LogReader(
        (offset, most, mostBytes) ->
            slots.read(slot -> Rows.from(slot, topic, offset, most, mostBytes)),
        signals.of(topic),
        InstantSource.system(),
        beginning.place());
  }

  @Override
  public void ping() {
    probe.read(slot -> slot.prepare("SELECT 1").execute());
  }

  @Override
  public void close() {
    upkeep.close();
    notifier.close();
    presence.close();
    slots.close();
    settling.close();
    publishing.close();
    probe.close();
  }
}
