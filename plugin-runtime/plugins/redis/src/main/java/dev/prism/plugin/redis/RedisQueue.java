package dev.prism.plugin.redis;

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
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import redis.clients.jedis.Protocol.Command;

/**
 * Topics as streams of a Redis server, each with one partition. What a group has in its hands is
 * kept at the server too, so that any number of processes serve it; times are the server's.
 *
 * <p>docs/redis.md says what is promised; the scripts what is kept where.
 */
final class RedisQueue implements MessageQueue {
  /** Connections for publishing, for acknowledging, and for dead letters. */
  private static final int WRITERS = 3;

  /** A durable server syncs once a batch, about as long for many messages as for few. */
  private static final long GATHER_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  /** Topics that are remembered, and so trimmed by this process. */
  private static final int MOST_KNOWN = 10_000;

  private final Topics topics;
  private final InstantSource clock;
  private final Set<Capability> capabilities;
  private final RedisConnections readers;
  private final RedisConnections writers;
  private final Server server;
  private final Wake wake;
  private final Upkeep upkeep;
  private final Publishing publishing;
  private final Acknowledging acknowledging;
  private final Groups groups = new Groups();
  private final Map<Topics.Name, TopicKeys> known = new ConcurrentHashMap<>();
  private final String process;
  private final AtomicLong nextOwner = new AtomicLong(new SecureRandom().nextLong());

  private RedisQueue(RedisSettings settings, Topics topics, InstantSource clock, boolean durable) {
    this.topics = topics;
    this.clock = clock;
    this.capabilities =
        EnumSet.of(
            Capability.ATOMIC_BATCH,
            Capability.DELAYED_DELIVERY,
            Capability.SEEK_BY_TIME,
            Capability.ATTEMPT_COUNT,
            Capability.IDEMPOTENCY);
    if (durable) {
      capabilities.add(Capability.DURABLE);
    }
    byte[] name = new byte[12];
    new SecureRandom().nextBytes(name);
    this.process = HexFormat.of().formatHex(name);
    this.readers = new RedisConnections(settings, settings.poolSize());
    this.writers = new RedisConnections(settings, WRITERS);
    this.server = new Server(settings);
    this.wake = new Wake(settings, process);
    this.publishing = new Publishing(writers);
    this.acknowledging = new Acknowledging(writers);
    this.upkeep = new Upkeep(readers, wake, settings.keepMillis(), known::values);
    topics.configured().keySet().forEach(each -> topic(each.namespace(), each.topic()));
  }

  /** Opens it, whether or not the server is there. */
  static RedisQueue open(RedisSettings settings, Topics topics, InstantSource clock) {
    return new RedisQueue(settings, topics, clock, Server.isDurable(settings));
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.copyOf(capabilities);
  }

  private TopicKeys topic(String namespace, String name) {
    Topics.Name full = new Topics.Name(namespace, name);
    TopicKeys keys = known.get(full);
    if (keys == null) {
      keys = new TopicKeys(topics.of(namespace, name));
      if (known.size() < MOST_KNOWN) { // names are the clients' to invent
        known.put(full, keys);
      }
    }
    return keys;
  }

  @Override
  public long gatherNanos() {
    return GATHER_NANOS;
  }

  @Override
  public List<PublicationResult> publish(String namespace, List<Publication> publications) {
    List<Publishing.Directed> batch = new ArrayList<>(publications.size());
    for (Publication publication : publications) {
      batch.add(new Publishing.Directed(topic(namespace, publication.topic()), publication));
    }
    return publishing.publish(batch);
  }

  @Override
  public List<AckResult> acknowledge(String namespace, List<Ack> acks) {
    return acknowledging.acknowledge(acks, name -> topic(namespace, name));
  }

  @Override
  public Consumer subscribe(String namespace, Subscription subscription) {
    TopicKeys topic = topic(namespace, subscription.topic());
    return GroupConsumer.open(
        readers,
        wake,
        groups.of(topic, subscription.group()),
        subscription,
        process,
        nextOwner.getAndIncrement());
  }

  // ---- places ----

  /** Runs a script that may be run twice. */
  private Object call(Script script, List<byte[]> keys, List<byte[]> arguments) {
    return readers.readAnew(connection -> connection.call(script, keys, arguments));
  }

  @Override
  public void commit(String namespace, String name, String group, Map<Integer, Long> offsets) {
    Groups.checkPartition(offsets);
    TopicKeys topic = topic(namespace, name);
    call(
        Script.COMMIT,
        topic.group(group),
        Bytes.list(group, Ids.before(offsets.getOrDefault(0, 0L))));
  }

  @Override
  public Map<Integer, Long> seek(String namespace, String name, String group, Start target) {
    TopicKeys topic = topic(namespace, name);
    String bound = Groups.place(target).bound();
    List<?> place =
        (List<?>)
            call(
                Script.SEEK,
                topic.group(group),
                Bytes.list(group, bound, target instanceof Start.Offsets, topic.channel()));
    String first = Bytes.text(place.get(1));
    long position = Ids.end(Bytes.text(place.get(0)));
    return Map.of(0, first.isEmpty() ? position : Math.max(position, Ids.offset(first)));
  }

  @Override
  public TopicInfo info(String namespace, String name, List<String> wanted) {
    TopicKeys topic = topic(namespace, name);
    List<byte[]> arguments = Bytes.list(topic.groups());
    wanted.forEach(each -> arguments.add(Bytes.of(each)));
    List<?> reply = (List<?>) call(Script.INFO, List.of(topic.stream()), arguments);
    Ends ends = Ends.of(reply);
    List<TopicInfo.Group> infos = new ArrayList<>();
    for (Object each : reply.subList(2, reply.size())) {
      infos.add(group((List<?>) each));
    }
    infos.sort(Comparator.comparing(TopicInfo.Group::name));
    return new TopicInfo(List.of(new TopicInfo.Partition(0, ends.earliest(), ends.end())), infos);
  }

  private static TopicInfo.Group group(List<?> reply) {
    String firstPending = Bytes.text(reply.get(2));
    return new TopicInfo.Group(
        Bytes.text(reply.get(0)),
        List.of(
            new TopicInfo.Position(
                0,
                firstPending.isEmpty()
                    ? Ids.end(Bytes.text(reply.get(1)))
                    : Ids.offset(firstPending),
                (long) reply.get(3),
                (long) reply.get(4))),
        Math.toIntExact((long) reply.get(5)));
  }

  /** Where a topic begins and ends. */
  private record Ends(long earliest, long end) {
    static Ends of(List<?> reply) {
      String first = Bytes.text(reply.get(0));
      long end = Ids.end(Bytes.text(reply.get(1)));
      return new Ends(first.isEmpty() ? end : Ids.offset(first), end);
    }
  }

  // ---- reading without a group ----

  @Override
  public MessageReader read(String namespace, String name, Start start) {
    TopicKeys topic = topic(namespace, name);
    Ends ends =
        Ends.of(
            (List<?>) call(Script.INFO, List.of(topic.stream()), Bytes.list(topic.groups(), "")));
    long position =
        switch (start) {
          case Start.Earliest _ -> ends.earliest();
          case Start.Committed _ -> ends.earliest();
          case Start.Latest _ -> ends.end();
          case Start.Time(long millis) -> Math.min(ends.end(), Ids.offset(millis + "-0"));
          case Start.Offsets(Map<Integer, Long> offsets) -> {
            Groups.checkPartition(offsets);
            long wanted = offsets.getOrDefault(0, ends.earliest());
            if (wanted > ends.end()) {
              throw Failures.pastEnd(ends.end());
            }
            yield wanted;
          }
        };
    Signal signal = wake.join(topic.channelName());
    LogReader reader =
        new LogReader(
            (offset, most, mostBytes) -> look(topic, offset, most, mostBytes),
            signal,
            clock,
            position);
    return new MessageReader() {
      @Override
      public List<Stored> next(int most, long mostBytes, long patienceNanos) {
        return reader.next(most, mostBytes, patienceNanos);
      }

      @Override
      public void wake() {
        reader.wake();
      }

      @Override
      public void close() {
        wake.leave(topic.channelName());
        reader.close();
      }
    };
  }

  private List<Stored> look(TopicKeys topic, long offset, int most, long mostBytes) {
    List<?> reply =
        (List<?>)
            call(Script.LOOK, List.of(topic.stream()), Bytes.list(Ids.id(offset), most, mostBytes));
    List<Stored> found = new ArrayList<>(reply.size());
    for (Object each : reply) {
      List<?> entry = (List<?>) each;
      found.add(Entries.stored(Bytes.text(entry.get(0)), (List<?>) entry.get(1)));
    }
    return found;
  }

  @Override
  public Provisioned provision(String namespace, String name, boolean dryRun) {
    TopicKeys topic = topic(namespace, name);
    String detail = "stream " + topic.topic().physicalName();
    return readers.read(
        connection -> {
          String type = Bytes.text(connection.call(Command.TYPE, topic.stream()));
          if (type.equals("stream")) {
            return new Provisioned(Provisioned.Change.NONE, detail);
          }
          if (!type.equals("none")) {
            return new Provisioned(
                Provisioned.Change.DIFFERS, detail + ": what has this name is a " + type);
          }
          if (!dryRun) {
            // An empty stream comes with a group, and stays without it.
            byte[] group = Bytes.of("prism:provision");
            connection.call(
                Command.XGROUP,
                Bytes.of("CREATE"),
                topic.stream(),
                group,
                Bytes.of("0"),
                Bytes.of("MKSTREAM"));
            connection.call(Command.XGROUP, Bytes.of("DESTROY"), topic.stream(), group);
          }
          return new Provisioned(Provisioned.Change.CREATE, detail);
        });
  }

  @Override
  public void ping() {
    server.ping(readers, writers);
  }

  @Override
  public void close() {
    upkeep.close();
    wake.close();
    readers.close();
    writers.close();
    server.close();
  }
}
