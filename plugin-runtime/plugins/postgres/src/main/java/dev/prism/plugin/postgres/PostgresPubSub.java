package dev.prism.plugin.postgres;

import com.google.rpc.Status;
import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Fanout;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events by NOTIFY on one channel, heard by every process, which hands them to its listeners. What
 * is larger than a notification is stored, and the notification says where.
 *
 * <p>docs/postgres.md says what is promised; docs/decisions/postgres-events.md why it is so.
 */
final class PostgresPubSub implements PubSub {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresPubSub.class);
  private static final Set<Capability> CAPABILITIES = EnumSet.of(Capability.QUEUE_GROUPS);

  /** Of the 7999 bytes that a notification has; base64 makes 4 of 3. */
  private static final int MOST_INLINE = 5900;

  private static final int MARK_SECONDS = 5;
  private static final long BODY_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private final String channel;
  private final Slot publishing;
  private final Slot joining;
  private final Slot bodies;
  private final Slot probe;
  private final Presence presence;
  private final Members members = new Members();
  private final Map<String, Fanout> namespaces = new ConcurrentHashMap<>();
  private final Map<String, OurGroup> groups = new ConcurrentHashMap<>();
  private final Map<Long, Mark> marks = new ConcurrentHashMap<>();
  private final AtomicLong nextMark = new AtomicLong();
  private final ReentrantLock joins = new ReentrantLock();
  private final Ticker upkeep;
  private long nextNumber = new SecureRandom().nextInt(); // the publisher's own
  private long present; // the event that is being handed over; the listener's thread's own

  /** A listening that begins when its mark is heard. */
  private record Mark(Supplier<Listening> begin, CompletableFuture<Listening> begun) {}

  /** A queue group that has listeners here, and its place among all listeners of the process. */
  private record OurGroup(GroupListeners listeners, Listening place) {}

  PostgresPubSub(PostgresSettings settings) {
    Database database = new Database(settings);
    this.channel = settings.schema() + "_events";
    this.publishing = new Slot(database, Purpose.RELAXED);
    this.joining = new Slot(database, Purpose.RELAXED);
    this.bodies = new Slot(database, Purpose.RELAXED);
    this.probe = new Slot(database, Purpose.PROBE);
    this.presence = new Presence(database, channel, this::heard, this::rejoin);
    this.upkeep = new Ticker("prism-events-upkeep", this::tick);
    presence.start();
    upkeep.start();
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  // ---- publishing ----

  @Override
  public List<Optional<Status>> publish(String namespace, List<Emission> emissions) {
    List<byte[]> frames = EventFrames.frames(namespace, emissions, nextNumber, MOST_INLINE);
    nextNumber += emissions.size();
    String[] texts = new String[frames.size()];
    byte[] @Nullable [] stored = new byte[frames.size()][];
    for (int i = 0; i < texts.length; i++) {
      byte[] frame = frames.get(i);
      boolean fits = frame.length <= MOST_INLINE;
      texts[i] = fits ? "E" + Base64.getEncoder().encodeToString(frame) : "L";
      stored[i] = fits ? null : frame;
    }
    publishing.write(
        slot -> {
          PreparedStatement emit = slot.prepare("SELECT emit(?, ?, ?)");
          emit.setString(1, channel);
          emit.setArray(2, slot.connection().createArrayOf("text", texts));
          emit.setArray(3, slot.connection().createArrayOf("bytea", stored));
          emit.execute();
          emit.clearParameters();
          return true;
        });
    return Collections.nCopies(emissions.size(), Optional.empty());
  }

  // ---- hearing ----

  private void heard(String text) {
    switch (text.isEmpty() ? ' ' : text.charAt(0)) {
      case 'E' -> handOver(Base64.getDecoder().decode(text.substring(1)));
      case 'L' -> body(Long.parseLong(text.substring(1))).ifPresent(this::handOver);
      case 'J' -> members.join(memberOf(text), processOf(text));
      case 'M' -> heardMark(text);
      case 'X' -> members.leave(memberOf(text), processOf(text));
      default -> LOG.warn("a notification is no event of this product");
    }
  }

  private static long processOf(String text) {
    return Long.parseLong(text.substring(1, text.indexOf(' ')));
  }

  private static String memberOf(String text) {
    return text.substring(text.indexOf(' ') + 1);
  }

  private Optional<byte[]> body(long id) {
    if (namespaces.values().stream().allMatch(fanout -> fanout.size() == 0)) {
      return Optional.empty();
    }
    try {
      return bodies.<Optional<byte[]>>read(
          slot -> {
            PreparedStatement read = slot.prepare("SELECT body FROM event WHERE id = ?");
            read.setLong(1, id);
            try (ResultSet row = read.executeQuery()) {
              return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
            }
          });
    } catch (PrismException e) {
      LOG.warn("a large event is lost: {}", e.reason());
      return Optional.empty();
    }
  }

  private void handOver(byte[] bytes) {
    EventFrames.Frame frame = EventFrames.read(bytes);
    Fanout fanout = namespaces.get(frame.namespace());
    if (fanout == null) {
      return;
    }
    present = frame.first();
    for (Emission emission : frame.emissions()) {
      fanout.deliver(emission.topic(), emission.event());
      present++;
    }
  }

  // ---- listening ----

  @Override
  public Listening listen(String namespace, TopicPattern pattern, String group, Listener listener) {
    if (!presence.isThere()) {
      throw unreachable();
    }
    Fanout fanout = namespaces.computeIfAbsent(namespace, _ -> new Fanout());
    if (group.isEmpty()) {
      return inItsPlace(() -> fanout.add(pattern, "", listener));
    }
    String member = Members.name(namespace, pattern, group);
    joins.lock();
    try {
      OurGroup known = groups.get(member);
      if (known == null) {
        GroupListeners listeners =
            new GroupListeners(() -> members.has(member, presence.idOrNone(), present));
        known = new OurGroup(listeners, fanout.add(pattern, "", listeners));
        groups.put(member, known);
      }
      OurGroup joined = known;
      try {
        say("SELECT join_listeners(?, ?, ?)", member);
        return inItsPlace(
            () -> {
              joined.listeners().add(listener);
              return () -> leave(member, joined, listener);
            });
      } catch (PrismException e) {
        remove(member, joined, listener);
        throw e;
      }
    } finally {
      joins.unlock();
    }
  }

  private static PrismException unreachable() {
    return PrismException.of(Reason.BACKEND_UNAVAILABLE, "the database cannot be reached");
  }

  /**
   * Has listening begin at a place among the events: after what was published before, of which some
   * may still be on its way here, and before what is published from now on.
   */
  private Listening inItsPlace(Supplier<Listening> begin) {
    long number = nextMark.getAndIncrement();
    Mark mark = new Mark(begin, new CompletableFuture<>());
    marks.put(number, mark);
    try {
      say("SELECT pg_notify(?, 'M' || ?::bigint || ' ' || ?)", Long.toString(number));
      return mark.begun().get(MARK_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      endWhenBegun(mark);
      throw unreachable();
    } catch (InterruptedException e) {
      endWhenBegun(mark);
      Thread.currentThread().interrupt();
      throw unreachable();
    } finally {
      marks.remove(number);
    }
  }

  /** The mark may have been heard in the same moment. */
  private static void endWhenBegun(Mark mark) {
    var _ = mark.begun().thenAccept(Listening::close);
  }

  private void heardMark(String text) {
    if (processOf(text) == presence.idOrNone()) {
      Mark mark = marks.remove(Long.parseLong(memberOf(text)));
      if (mark != null) {
        mark.begun().complete(mark.begin().get());
      }
    }
  }

  private void leave(String member, OurGroup group, Listener listener) {
    joins.lock();
    try {
      if (remove(member, group, listener)) {
        say("SELECT leave_listeners(?, ?, ?)", member);
      }
    } catch (PrismException e) {
      LOG.debug("a group was not left: {}", e.reason()); // the upkeep does it
    } finally {
      joins.unlock();
    }
  }

  private boolean remove(String member, OurGroup group, Listener listener) {
    if (!group.listeners().remove(listener)) {
      return false;
    }
    groups.remove(member);
    group.place().close();
    return true;
  }

  private void say(String what, String member) {
    long process = presence.id();
    joining.write(slot -> say(slot, what, process, member));
  }

  private boolean say(Slot slot, String what, long process, String member) throws SQLException {
    PreparedStatement said = slot.prepare(what);
    said.setString(1, channel);
    said.setLong(2, process);
    said.setString(3, member);
    return said.execute();
  }

  /**
   * Learns who listens, and says again that this process does: what was heard before cannot be
   * relied on. Called when listening has begun, before anything is heard. Until it hears itself
   * join it has no events of its groups; from there on it knows the same as everybody.
   */
  private void rejoin() {
    // Their marks may have been missed; who waits for one may hold the lock.
    marks.values().forEach(mark -> mark.begun().completeExceptionally(unreachable()));
    joins.lock();
    try {
      members.clear();
      long process = presence.idOrNone();
      joining.read(
          slot -> {
            tidy(slot, process);
            List<String> stale = new ArrayList<>();
            try (ResultSet row =
                slot.prepare("SELECT process, member FROM listener").executeQuery()) {
              while (row.next()) {
                if (row.getLong(1) != process) {
                  members.join(row.getString(2), row.getLong(1));
                } else if (!groups.containsKey(row.getString(2))) {
                  stale.add(row.getString(2));
                }
              }
            }
            for (String member : stale) {
              say(slot, "SELECT leave_listeners(?, ?, ?)", process, member);
            }
            for (String member : groups.keySet()) {
              say(slot, "SELECT join_listeners(?, ?, ?)", process, member);
            }
            return true;
          });
    } finally {
      joins.unlock();
    }
  }

  // ---- upkeep ----

  private void tick() {
    long process = presence.idOrNone();
    if (process == 0) {
      return;
    }
    joins.lock();
    try {
      joining.read(slot -> tidy(slot, process) && leaveStale(slot, process));
    } finally {
      joins.unlock();
    }
  }

  private boolean tidy(Slot slot, long process) throws SQLException {
    PreparedStatement tidy = slot.prepare("SELECT tidy_events(?, ?, now_ms() - ?)");
    tidy.setString(1, channel);
    tidy.setLong(2, process);
    tidy.setLong(3, BODY_MILLIS);
    tidy.execute();
    return true;
  }

  private boolean leaveStale(Slot slot, long process) throws SQLException {
    List<String> stale = new ArrayList<>();
    PreparedStatement ours = slot.prepare("SELECT member FROM listener WHERE process = ?");
    ours.setLong(1, process);
    try (ResultSet row = ours.executeQuery()) {
      while (row.next()) {
        if (!groups.containsKey(row.getString(1))) {
          stale.add(row.getString(1));
        }
      }
    }
    for (String member : stale) {
      say(slot, "SELECT leave_listeners(?, ?, ?)", process, member);
    }
    return true;
  }

  @Override
  public void ping() {
    probe.read(slot -> slot.prepare("SELECT 1").execute());
  }

  @Override
  public void close() {
    upkeep.close();
    presence.close();
    publishing.close();
    joining.close();
    bodies.close();
    probe.close();
  }
}
