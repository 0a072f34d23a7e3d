package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Group;
import dev.prism.plugin.sqlite.QueueTables.Topic;
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
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Stored;
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
  private final Map<Name, Signal> signals = new ConcurrentHashMap<>();
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
        QueueTables.SCHEMA,
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

  private Signal signal(String namespace, String topic) {
    return signals.computeIfAbsent(new Name(namespace, topic), _ -> new Signal());
  }

  private void raise(String namespace, String topic) {
    Signal signal = signals.get(new Name(namespace, topic));
    if (signal != null) {
      signal.raise();
    }
  }

  private long token() {
    long token = nextToken.getAndIncrement();
    return token == 0 ? nextToken.getAndIncrement() : token; // 0 is nobody's
  }

  private static Topic known(QueueTables tables, String namespace, String name)
      throws SQLException {
    Topic topic = tables.topic(namespace, name);
    if (topic == null) {
      throw PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no topic '" + name + "'");
    }
    return topic;
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

  /** A place in a topic; checks it before anything is written. */
  private static long place(QueueTables tables, Topic topic, Start start) throws SQLException {
    return switch (start) {
      case Start.Earliest _ -> tables.earliest(topic);
      case Start.Committed _ -> tables.earliest(topic);
      case Start.Latest _ -> topic.next();
      case Start.Time(long millis) -> tables.at(topic, millis);
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        checkOffsets(topic, offsets);
        long earliest = tables.earliest(topic);
        yield Math.max(earliest, offsets.getOrDefault(0, earliest));
      }
    };
  }

  private static void checkOffsets(Topic topic, Map<Integer, Long> offsets) {
    offsets.forEach(
        (partition, offset) -> {
          if (partition != 0 || offset > topic.next()) {
            throw PrismException.of(
                Reason.FIELD_INVALID,
                "the topic has partition 0 only, and its end is " + topic.next());
          }
        });
  }

  @Override
  public void commit(String namespace, String name, String group, Map<Integer, Long> offsets) {
    lane.run(
        tables -> {
          Topic topic = known(tables, namespace, name);
          checkOffsets(topic, offsets);
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
              Topic topic = known(tables, namespace, name);
              long place = place(tables, topic, target);
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
          Topic topic = known(tables, namespace, name);
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
                place = place(tables, topic, subscription.start());
                topic = tables.topicOrNew(namespace, subscription.topic());
                group = tables.newGroup(topic.id(), subscription.group(), place);
              }
              return new Joined(topic.id(), group.id());
            });
    consumers.computeIfAbsent(joined.group(), _ -> new AtomicInteger()).incrementAndGet();
    return new GroupConsumer(
        signal(namespace, subscription.topic()), subscription, joined.topic(), joined.group());
  }

  /** What a look at the tables has found; where nothing, when to look again. */
  private record Claim(List<Delivery> deliveries, long nextDue) {}

  private final class GroupConsumer implements Consumer {
    private final Signal signal;
    private final Subscription subscription;
    private final long topic;
    private final long group;
    private final long owner = nextOwner.getAndIncrement();
    private volatile boolean woken;

    GroupConsumer(Signal signal, Subscription subscription, long topic, long group) {
      this.signal = signal;
      this.subscription = subscription;
      this.topic = topic;
      this.group = group;
    }

    @Override
    public List<Delivery> poll(int most, long mostBytes, long patienceNanos) {
      long end = System.nanoTime() + patienceNanos;
      while (true) {
        long seen = signal.count();
        long now = clock.millis();
        Claim claim = lane.run(tables -> claim(tables, most, mostBytes, now));
        long left = end - System.nanoTime();
        if (!claim.deliveries().isEmpty()
            || woken
            || left <= 0
            || Thread.currentThread().isInterrupted()) {
          woken = false;
          return claim.deliveries();
        }
        signal.await(seen, Signal.until(claim.nextDue(), now, left), () -> woken);
      }
    }

    private Claim claim(QueueTables tables, int most, long mostBytes, long now)
        throws SQLException {
      List<Delivery> claimed = new ArrayList<>();
      long deadline = now + subscription.ackTimeoutMillis();
      long bytes = 0;
      for (QueueTables.Due due : tables.due(group, topic, most, mostBytes, now)) {
        claimed.add(deliver(tables, due.stored(), due.attempts() + 1, deadline));
        bytes += due.stored().message().bytes();
      }
      Group place = tables.group(topic, subscription.group());
      if (place != null && claimed.size() < most && bytes < mostBytes) {
        long position = place.position();
        List<Stored> log = tables.read(topic, position, most - claimed.size(), mostBytes - bytes);
        for (Stored stored : log) {
          position = stored.offset() + 1;
          long deliverAt = stored.message().deliverAtMillis();
          if (deliverAt > now) {
            tables.hold(group, stored.offset(), deliverAt, 0, 0, 0);
          } else {
            claimed.add(deliver(tables, stored, 1, deadline));
          }
        }
        if (!log.isEmpty()) {
          tables.moveGroup(group, position);
          if (claimed.isEmpty()) {
            return new Claim(claimed, now); // all of them wait; there may be more behind
          }
        }
      }
      return new Claim(claimed, claimed.isEmpty() ? tables.nextDue(group) : now);
    }

    private Delivery deliver(QueueTables tables, Stored stored, int attempt, long deadline)
        throws SQLException {
      long token = token();
      tables.hold(group, stored.offset(), deadline, owner, token, attempt);
      return new Delivery(
          new Receipt(subscription.topic(), subscription.group(), owner, 0, stored.offset(), token),
          stored,
          attempt,
          deadline);
    }

    @Override
    public void wake() {
      woken = true;
      signal.wake();
    }

    @Override
    public void close() {
      AtomicInteger subscribed = consumers.get(group);
      if (subscribed != null) {
        subscribed.decrementAndGet();
      }
      lane.run(
          tables -> {
            tables.release(group, owner, clock.millis());
            return true;
          });
      signal.raise();
    }
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    Set<String> changed = new HashSet<>();
    List<AckResult> results =
        lane.run(
            tables -> {
              changed.clear();
              long now = clock.millis();
              List<AckResult> outcomes = new ArrayList<>(acks.size());
              for (Ack ack : acks) {
                outcomes.add(acknowledge(tables, namespace, ack, now, changed));
              }
              return outcomes;
            });
    for (String topic : changed) {
      raise(namespace, topic);
    }
    upkeep.wrote();
    return results;
  }

  /**
   * Takes one ack.
   *
   * @param changed gets the topics whose readers are to look again
   */
  private AckResult acknowledge(
      QueueTables tables, String namespace, Ack ack, long now, Set<String> changed)
      throws SQLException {
    Receipt receipt = ack.receipt();
    Topic topic = tables.topic(namespace, receipt.topic());
    Group group = topic == null ? null : tables.group(topic.id(), receipt.group());
    if (topic == null || group == null || receipt.partition() != 0) {
      return Leases.expired();
    }
    long offset = receipt.offset();
    long token = receipt.token();
    boolean taken;
    long deadline = 0;
    switch (ack.outcome()) {
      case Ack.Outcome.Done _ -> taken = tables.settle(group.id(), offset, token, now);
      case Ack.Outcome.Again(long delayMillis) -> {
        taken = tables.postpone(group.id(), offset, token, now, now + delayMillis);
        changed.add(receipt.topic());
      }
      case Ack.Outcome.Extended(long byMillis) -> {
        deadline = now + byMillis;
        taken = tables.extend(group.id(), offset, token, now, deadline);
      }
      case Ack.Outcome.Dead(String name, String reason) -> {
        int attempts = tables.attempts(group.id(), offset, token, now);
        List<Stored> found =
            attempts == 0 ? List.of() : tables.read(topic.id(), offset, 1, Long.MAX_VALUE);
        taken = false;
        if (!found.isEmpty()) {
          Message letter = DeadLetters.of(found.getFirst(), receipt, attempts, reason);
          Publication dead = new Publication(name, List.of(letter), false, null);
          PublicationResult published =
              new Publishing(tables, configured, namespace, now).publish(List.of(dead)).getFirst();
          if (published instanceof PublicationResult.Failed(var status)) {
            return new AckResult.Failed(status);
          }
          taken = tables.settle(group.id(), offset, token, now);
          changed.add(name);
        }
      }
    }
    return taken ? new AckResult.Taken(deadline) : Leases.expired();
  }

  // ---- reading without a group ----

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    record Beginning(long topic, long place) {}
    Beginning beginning =
        lane.run(
            tables -> {
              Topic topic = known(tables, namespace, name);
              return new Beginning(topic.id(), place(tables, topic, start));
            });
    long topic = beginning.topic();
    return new LogReader(
        (offset, most, mostBytes) ->
            lane.run(tables -> tables.read(topic, offset, most, mostBytes)),
        signal(namespace, name),
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
