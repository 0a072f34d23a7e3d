package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Group;
import dev.prism.plugin.sqlite.QueueTables.Topic;
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
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Topics in one SQLite file, each with one partition: a log, the groups' places in it, and what of
 * it is delivered or waits. Publishing, claiming and acknowledging that come together are one
 * transaction, and so one sync.
 *
 * <p>docs/sqlite.md says what is promised; docs/decisions/queue.md why the tables are these.
 */
final class SqliteQueue implements MessageQueue {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.ATOMIC_BATCH,
          Capability.DELAYED_DELIVERY,
          Capability.SEEK_BY_TIME,
          Capability.ATTEMPT_COUNT,
          Capability.IDEMPOTENCY,
          Capability.DURABLE);

  /** Rows that one transaction removes beside the calls, so that these wait for moments only. */
  private static final int TRIM_ROWS = 1000;

  private static final long LEAST_TRIM_MILLIS = 1000;
  private static final long MOST_TRIM_MILLIS = 60_000;

  private final DatabaseFile file;
  private final InstantSource clock;
  private final long keepMillis;
  private final Topics configured;
  private final Commits<QueueTables> commits;
  private final QueueLane lane;
  private final Upkeep upkeep;
  private long nextTrim; // the upkeep's thread's own
  private final AtomicLong nextOwner = new AtomicLong(1);
  private final AtomicLong nextToken = new AtomicLong(new SecureRandom().nextLong());
  private final Signals<Name> signals = new Signals<>();
  private final Map<Long, AtomicInteger> consumers = new ConcurrentHashMap<>();

  private record Name(String namespace, String topic) {}

  private SqliteQueue(
      QueueSettings settings,
      InstantSource clock,
      DatabaseFile file,
      Connections connections,
      Connection connection)
      throws SQLException {
    this.file = file;
    this.clock = clock;
    this.keepMillis = settings.keepMillis();
    this.configured = settings.topics();
    this.commits = new Commits<>(connections, connection, QueueTables::new, QueueTables::fence);
    this.lane = new QueueLane(commits);
    this.upkeep = new Upkeep(connections.checkpointer(), commits, this::trim);
  }

  /**
   * Opens the database, and creates it where there has never been one.
   *
   * @throws DatabaseRefusedException where it is in use, damaged, newer or not ours; nothing was
   *     changed
   */
  static SqliteQueue open(QueueSettings settings, InstantSource clock) {
    return Opened.database(
        settings.file(),
        settings.maxBytes(),
        QueueSchema.SCHEMA,
        (file, connections, connection) -> {
          SqliteQueue queue = new SqliteQueue(settings, clock, file, connections, connection);
          queue.commits.<Boolean>transaction(
              tables -> {
                tables.releaseAll(clock.millis());
                return true;
              });
          queue.upkeep.start();
          return queue;
        });
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  private void raise(String namespace, String topic) {
    signals.raise(new Name(namespace, topic));
  }

  /** A token that no other delivery has. */
  long token() {
    long token = nextToken.getAndIncrement();
    return token == 0 ? nextToken.getAndIncrement() : token; // 0 is nobody's
  }

  // ---- publishing ----

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    List<PublicationResult> results;
    try {
      results = publishTogether(namespace, publications);
    } catch (PrismException e) {
      if (publications.size() == 1 || !isDefinite(e)) {
        throw e;
      }
      // Hazard 22: one by one, so that only the guilty caller fails.
      results = new ArrayList<>(publications.size());
      for (Publication publication : publications) {
        try {
          results.addAll(publishTogether(namespace, List.of(publication)));
        } catch (PrismException own) {
          results.add(new PublicationResult.Failed(own.status()));
        }
      }
    }
    Set<String> topics = new HashSet<>();
    for (Publication publication : publications) {
      if (topics.add(publication.topic())) {
        raise(namespace, publication.topic());
      }
    }
    upkeep.wrote();
    return results;
  }

  private static boolean isDefinite(PrismException e) {
    return e.reason() != Reason.OUTCOME_UNKNOWN && e.reason() != Reason.BACKEND_UNAVAILABLE;
  }

  private List<PublicationResult> publishTogether(
      String namespace, List<Publication> publications) {
    return lane.run(
        tables ->
            new Publishing(tables, configured, namespace, clock.millis()).publish(publications));
  }

  // ---- places ----

  @Override
  public void commit(String namespace, String name, String group, Map<Integer, Long> offsets) {
    lane.run(
        tables -> {
          Topic topic = Places.known(tables, namespace, name);
          Places.check(topic, offsets);
          long offset = offsets.getOrDefault(0, 0L);
          Group known = tables.group(topic.id(), group);
          if (known == null) {
            known = tables.newGroup(topic.id(), group, tables.earliest(topic));
          }
          if (offset > known.position()) {
            tables.moveGroup(known.id(), offset);
          }
          tables.settleBefore(known.id(), offset);
          return true;
        });
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String name, String group, Start target) {
    long position =
        lane.run(
            tables -> {
              Topic topic = Places.known(tables, namespace, name);
              long place = Places.of(tables, topic, target);
              Group known = tables.group(topic.id(), group);
              if (known == null) {
                tables.newGroup(topic.id(), group, place);
              } else {
                tables.moveGroup(known.id(), place);
                tables.settleBefore(known.id(), Long.MAX_VALUE);
              }
              return place;
            });
    raise(namespace, name);
    return Map.of(0, position);
  }

  @Override
  public TopicInfo info(String namespace, String name, List<String> wanted) {
    return lane.run(
        tables -> {
          Topic topic = Places.known(tables, namespace, name);
          long now = clock.millis();
          long earliest = tables.earliest(topic);
          List<TopicInfo.Group> infos = new ArrayList<>();
          for (Group group : tables.groups(topic.id())) {
            if (wanted.isEmpty() || wanted.contains(group.name())) {
              infos.add(info(tables, topic, group, earliest, now));
            }
          }
          return new TopicInfo(List.of(new TopicInfo.Partition(0, earliest, topic.next())), infos);
        });
  }

  private TopicInfo.Group info(
      QueueTables tables, Topic topic, Group group, long earliest, long now) throws SQLException {
    QueueTables.State state = tables.state(group.id(), now);
    long ahead = topic.next() - Math.max(group.position(), earliest);
    AtomicInteger subscribed = consumers.get(group.id());
    return new TopicInfo.Group(
        group.name(),
        List.of(
            new TopicInfo.Position(
                0,
                state.first() < 0 ? group.position() : state.first(),
                ahead + state.held(),
                state.inFlight())),
        subscribed == null ? 0 : subscribed.get());
  }

  // ---- consuming ----

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    record Joined(long topic, long group) {}
    Joined joined =
        lane.run(
            tables -> {
              Topic topic = tables.topic(namespace, subscription.topic());
              if (topic == null) {
                configured.mayCreate(namespace, subscription.topic());
                topic = new Topic(0, 0, 0);
              }
              long place = 0;
              Group group = topic.id() == 0 ? null : tables.group(topic.id(), subscription.group());
              if (group == null) {
                place = Places.of(tables, topic, subscription.start());
                topic = tables.topicOrNew(namespace, subscription.topic());
                group = tables.newGroup(topic.id(), subscription.group(), place);
              }
              return new Joined(topic.id(), group.id());
            });
    consumers.computeIfAbsent(joined.group(), _ -> new AtomicInteger()).incrementAndGet();
    return new GroupConsumer(
        this,
        lane,
        clock,
        signals.of(new Name(namespace, subscription.topic())),
        subscription,
        joined.topic(),
        joined.group(),
        nextOwner.getAndIncrement());
  }

  /** A consumer of the group has gone. */
  void left(long group) {
    AtomicInteger subscribed = consumers.get(group);
    if (subscribed != null) {
      subscribed.decrementAndGet();
    }
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    record Round(List<AckResult> results, Set<String> changed) {}
    Round round =
        lane.run(
            tables -> {
              Settling settling = new Settling(tables, configured, namespace, clock.millis());
              List<AckResult> results = new ArrayList<>(acks.size());
              for (Ack ack : acks) {
                results.add(settling.take(ack));
              }
              return new Round(results, settling.changed());
            });
    for (String topic : round.changed()) {
      raise(namespace, topic);
    }
    upkeep.wrote();
    return round.results();
  }

  // ---- reading without a group ----

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    record Beginning(long topic, long place) {}
    Beginning beginning =
        lane.run(
            tables -> {
              Topic topic = Places.known(tables, namespace, name);
              return new Beginning(topic.id(), Places.of(tables, topic, start));
            });
    long topic = beginning.topic();
    return new LogReader(
        (offset, most, mostBytes) ->
            lane.run(tables -> tables.read(topic, offset, most, mostBytes)),
        signals.of(new Name(namespace, name)),
        clock,
        beginning.place());
  }

  // ---- upkeep ----

  private void trim() {
    long now = clock.millis();
    if (now < nextTrim) {
      return;
    }
    nextTrim = now + Math.clamp(keepMillis / 10, LEAST_TRIM_MILLIS, MOST_TRIM_MILLIS);
    long before = now - keepMillis;
    for (long topic : lane.run(QueueTables::topics)) {
      int removed = TRIM_ROWS;
      while (removed == TRIM_ROWS) {
        removed = lane.run(tables -> tables.trim(topic, before, TRIM_ROWS));
      }
    }
    lane.run(tables -> tables.remembered.sweep(now, TRIM_ROWS));
  }

  @Override
  public Provisioned provision(String namespace, String name, boolean dryRun) {
    boolean there =
        lane.run(
            tables -> {
              boolean known = tables.topic(namespace, name) != null;
              if (!known && !dryRun) {
                tables.topicOrNew(namespace, name);
              }
              return known;
            });
    return Provisioned.ofFixed(configured.of(namespace, name), there, "SQLite");
  }

  @Override
  public void ping() {
    lane.run(tables -> tables.topic("", "") == null);
  }

  /** Copies what the log holds into the database, as far as the disk lets, and ends. */
  @Override
  public void close() {
    upkeep.close();
    commits.close();
    upkeep.closeConnection();
    Opened.release(file);
  }
}
