package dev.prism.proxy.session;

import dev.prism.control.v1.SessionRecord;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.call.Audit;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.session.Session.End;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open sessions (RFC 4; contract 2). {@link #authenticate} is part of every data call: it takes
 * no lock and allocates nothing where it succeeds. Everything else is off that path and may block
 * on the control store.
 *
 * <p>A session is answered to its client only after the control store holds it, so that it outlives
 * the proxy; what is kept is the hash of its token. Its lifetime goes on while the proxy is down,
 * its idle time starts anew with the proxy.
 *
 * <p>Idle time and lifetime are watched by one timer, and by every call for its own session.
 */
public final class Sessions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

  private final ServerConfig.Sessions limits;
  private final ControlStore store;
  private final InstantSource wall;
  private final LongSupplier nanoTime;
  private final long idleNanos;
  private final long touchNanos;

  /**
   * Before this moment no session is over. Uses put a session's end off, and nothing brings it on.
   */
  private final AtomicLong mayEndNanos;

  private final Tokens<Session> byToken;
  private final Map<String, Entry> byId = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final EndedSessions ended;
  private final List<Consumer<Session>> onEnd = new CopyOnWriteArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("prism-sessions").factory());

  private record Entry(Session session, Tokens.Hash hash) {}

  /**
   * What a client asks a session to be, checked.
   *
   * @param namespace whose data it works on
   * @param configs at least one, all of that namespace, with different names
   */
  public record Opening(
      String namespace,
      List<BoundConfig> configs,
      String clientId,
      String clientVersion,
      Map<String, String> metadata,
      String peer) {}

  /** A session and its token, which is told once and kept nowhere. */
  public record Opened(Session session, String token) {
    /** Without the token. */
    @Override
    public String toString() {
      return "Opened[" + session.id() + "]";
    }
  }

  /**
   * @param wall what lifetimes are told in
   * @param nanoTime what they and idle times are measured with, as {@link System#nanoTime}
   */
  public Sessions(
      ServerConfig.Sessions limits, ControlStore store, InstantSource wall, LongSupplier nanoTime) {
    this.limits = limits;
    this.byToken = new Tokens<>(limits.max());
    this.store = store;
    this.wall = wall;
    this.nanoTime = nanoTime;
    this.idleNanos = limits.idleTimeout().toNanos();
    // Written seldom, so that the cores that serve one session do not fight over its cache line.
    this.touchNanos = Math.min(Duration.ofSeconds(1).toNanos(), idleNanos / 16);
    this.mayEndNanos = new AtomicLong(nanoTime.getAsLong());
    this.ended = new EndedSessions(store);
  }

  /**
   * Takes up the sessions that were open when the proxy last ran. Called once, before the first
   * call is served.
   *
   * @param allowed whether a session could still be opened as it is; one that could not is ended
   * @throws PrismException when the control store does not answer
   */
  public void load(Predicate<Session.Details> allowed) {
    int loaded = 0;
    for (var record : store.list(Kind.SESSIONS, SessionRecord.parser())) {
      Session.Details details;
      Tokens.Hash hash;
      try {
        details = SessionRecords.details(record.value());
        hash = Tokens.Hash.of(record.value().getTokenHash().toByteArray());
      } catch (IllegalArgumentException e) {
        LOG.error("Session {} cannot be taken up; its client has to open another", record.key(), e);
        ended.remove(record.key());
        continue;
      }
      Session session = new Session(details, nanoTime, remaining(details.expiresAt()));
      byToken.put(hash, session);
      byId.put(session.id(), new Entry(session, hash));
      count.incrementAndGet();
      if (!allowed.test(details)) {
        end(session, End.TERMINATED);
      } else if (session.isOver(nanoTime.getAsLong())) {
        end(session, End.EXPIRED);
      } else {
        loaded++;
      }
    }
    LOG.info("{} sessions taken up", loaded);
  }

  /** Starts the timer. */
  public void start() {
    long period = Math.clamp(limits.idleTimeout().toMillis() / 10, 50, 1000);
    var _ = timer.scheduleWithFixedDelay(this::sweepGuarded, period, period, TimeUnit.MILLISECONDS);
  }

  /**
   * The session of a call, which thereby counts as used. Takes no lock; a token that is malformed
   * is refused before it is hashed.
   *
   * @param token the bytes of the call's metadata {@code prism-session}, or null
   * @throws PrismException SESSION_MISSING, SESSION_INVALID, SESSION_EXPIRED
   */
  public Session authenticate(byte @Nullable [] token) {
    if (token == null || token.length == 0) {
      throw PrismException.of(
          Reason.SESSION_MISSING,
          "The call has no metadata prism-session; open a session with SessionService.CreateSession.");
    }
    Session session = byToken.find(token);
    if (session == null) {
      throw PrismException.of(
          Reason.SESSION_INVALID, "The session is not known to this server; open another.");
    }
    long now = nanoTime.getAsLong();
    if (session.ended() == null) {
      if (session.isOver(now)) {
        end(session, End.EXPIRED);
      } else if (isIdle(session, now)) {
        end(session, End.IDLE);
      }
    }
    if (session.ended() != null) {
      throw expired();
    }
    if (now - session.lastActiveNanos > touchNanos) {
      session.lastActiveNanos = now;
    }
    return session;
  }

  /** What the streams of a session that ended are told, and every later call. */
  public static PrismException expired() {
    return PrismException.of(Reason.SESSION_EXPIRED, "The session has ended; open another.");
  }

  /**
   * Opens a session; returns when the control store holds it.
   *
   * @throws PrismException SESSION_LIMIT, or PLUGIN_UNAVAILABLE when the control store does not
   *     answer
   */
  public Opened open(Principal principal, Opening opening) {
    if (count.incrementAndGet() > limits.max()) {
      count.decrementAndGet();
      Audit.refused("session.created", principal.identity(), opening.namespace())
          .addKeyValue("reason", Reason.SESSION_LIMIT)
          .log("session limit reached");
      throw PrismException.of(
          Reason.SESSION_LIMIT,
          "The server has as many sessions as it may (" + limits.max() + "); try again later.");
    }
    boolean kept = false;
    try {
      Instant now = wall.instant();
      Instant end = now.plus(limits.lifetime());
      Instant credentialEnd = principal.expiresAt();
      Session.Details details =
          new Session.Details(
              newId(),
              principal.identity(),
              principal.credential(),
              opening.namespace(),
              opening.configs(),
              now,
              credentialEnd != null && credentialEnd.isBefore(end) ? credentialEnd : end,
              opening.clientId(),
              opening.clientVersion(),
              opening.metadata(),
              opening.peer());
      String token = byToken.create();
      Tokens.Hash hash = Tokens.hash(token);
      store.put(Kind.SESSIONS, details.id(), SessionRecords.record(details, hash.bytes()));
      Session session = new Session(details, nanoTime, remaining(details.expiresAt()));
      byToken.put(hash, session);
      byId.put(session.id(), new Entry(session, hash));
      mayEndAt(session.expiresNanos());
      kept = true;
      event(session, "session.created").log("session created");
      return new Opened(session, token);
    } finally {
      if (!kept) {
        count.decrementAndGet();
      }
    }
  }

  /** Counts as a use of the session, to the moment. */
  public void heartbeat(Session session) {
    session.used();
  }

  /**
   * Ends a session for good; returns when the control store has forgotten it.
   *
   * @return whether it was open
   * @throws PrismException PLUGIN_UNAVAILABLE when the control store does not answer; the session
   *     has ended all the same, and is removed as soon as it does
   */
  public boolean endNow(Session session, End cause) {
    boolean open = end(session, cause);
    ended.removeNow(session.id());
    return open;
  }

  /**
   * As {@link #endNow}, by id.
   *
   * @return whether there was one
   */
  public boolean terminate(String id) {
    Entry entry = byId.get(id);
    if (entry == null) {
      ended.removeNowIfPending(id);
      return false;
    }
    return endNow(entry.session(), End.TERMINATED);
  }

  /**
   * Ends every session that was opened with a credential.
   *
   * @return how many
   */
  public int endAll(String credential, End cause) {
    int ends = 0;
    for (Entry entry : byId.values()) {
      if (entry.session().details().credential().equals(credential)
          && end(entry.session(), cause)) {
        ends++;
      }
    }
    ended.removeAllNow();
    return ends;
  }

  /** The open session of an id, or null. */
  public @Nullable Session get(String id) {
    Entry entry = byId.get(id);
    return entry == null ? null : entry.session();
  }

  /** The open sessions, oldest first. */
  public List<Session> list() {
    return byId.values().stream()
        .map(Entry::session)
        .sorted(
            Comparator.comparing((Session session) -> session.details().createdAt())
                .thenComparing(Session::id))
        .toList();
  }

  /** How many are open, or being opened. */
  public int count() {
    return count.get();
  }

  /** Whether an open session holds a registered config of this name. */
  public boolean holds(String namespace, String config) {
    return byId.values().stream()
        .map(entry -> entry.session().details())
        .filter(details -> details.namespace().equals(namespace))
        .flatMap(details -> details.configs().stream())
        .anyMatch(
            bound ->
                bound.name().equals(config)
                    && bound.source() == dev.prism.config.v1.ConfigSource.CONFIG_SOURCE_REGISTERED);
  }

  /**
   * Calls {@code listener} for every session that ends, on the thread that ends it, so that it must
   * not block. Streams use {@link Session#onEnd} instead.
   */
  public void onEnd(Consumer<Session> listener) {
    onEnd.add(listener);
  }

  /** When a session was last used, exact to a second; now, while it has a stream. */
  public Instant lastActiveAt(Session session) {
    if (session.openStreams() > 0) {
      return wall.instant();
    }
    return wall.instant().minusNanos(Math.max(0, nanoTime.getAsLong() - session.lastActiveNanos));
  }

  /** When a session ends if it does nothing from now on. */
  public Instant idleExpiresAt(Session session) {
    return lastActiveAt(session).plus(limits.idleTimeout());
  }

  /** A session ends after this long without a call, heartbeat or open stream. */
  public Duration idleTimeout() {
    return limits.idleTimeout();
  }

  /** How often a client without other calls should send Heartbeat. */
  public Duration heartbeatInterval() {
    return limits.idleTimeout().dividedBy(3);
  }

  /**
   * Ends what is over and removes it from the control store. Looks at no session before one of them
   * can be over, so that many that do nothing cost nothing.
   *
   * @return at how many it looked
   */
  int sweep() {
    long now = nanoTime.getAsLong();
    int looked = now - mayEndNanos.get() < 0 ? 0 : endWhatIsOver(now);
    ended.forgetOld(now, byToken::remove);
    ended.removeSoon();
    return looked;
  }

  private int endWhatIsOver(long now) {
    int looked = 0;
    long next = now + idleNanos;
    mayEndNanos.set(next); // what is opened from here on says itself when it may end
    for (Entry entry : byId.values()) {
      looked++;
      Session session = entry.session();
      if (session.isOver(now)) {
        end(session, End.EXPIRED);
      } else if (isIdle(session, now)) {
        end(session, End.IDLE);
      } else {
        long used = session.openStreams() > 0 ? now : session.lastActiveNanos;
        next = earlier(next, earlier(session.expiresNanos(), used + idleNanos));
      }
    }
    mayEndAt(next);
    return looked;
  }

  private void mayEndAt(long nanos) {
    mayEndNanos.accumulateAndGet(nanos, Sessions::earlier);
  }

  private static long earlier(long nanos, long other) {
    return nanos - other < 0 ? nanos : other;
  }

  private void sweepGuarded() {
    try {
      sweep();
    } catch (RuntimeException e) {
      // The timer would not run again: sessions would live for ever.
      LOG.error("Sessions could not be swept", e);
    }
  }

  /** Stops the timer. Open sessions stay in the control store, for the next run of the proxy. */
  @Override
  public void close() {
    timer.shutdownNow();
    ended.close();
  }

  private boolean isIdle(Session session, long now) {
    // Looked at again: a stream that was closed between the two has counted as a use before.
    return now - session.lastActiveNanos >= idleNanos
        && session.openStreams() == 0
        && now - session.lastActiveNanos >= idleNanos;
  }

  /** Ends it in this process; its record is removed later. */
  private boolean end(Session session, End cause) {
    if (!session.end(cause)) {
      return false;
    }
    Entry entry = byId.remove(session.id());
    count.decrementAndGet();
    if (entry != null) {
      ended.add(session.id(), entry.hash(), nanoTime.getAsLong(), byToken::remove);
    }
    event(session, "session.ended").addKeyValue("cause", cause).log("session ended");
    for (Consumer<Session> listener : onEnd) {
      listener.accept(session);
    }
    return true;
  }

  private long remaining(Instant expiresAt) {
    return nanoTime.getAsLong() + saturatedNanos(Duration.between(wall.instant(), expiresAt));
  }

  /** At most a century: what a nanosecond clock can add without turning over. */
  private static long saturatedNanos(Duration duration) {
    Duration most = Duration.ofDays(36_500);
    return (duration.compareTo(most) > 0 ? most : duration).toNanos();
  }

  private String newId() {
    byte[] bytes = new byte[10];
    random.nextBytes(bytes);
    return "s" + HexFormat.of().formatHex(bytes);
  }

  private static org.slf4j.spi.LoggingEventBuilder event(Session session, String event) {
    Session.Details details = session.details();
    return Audit.done(event, details.identity(), details.namespace())
        .addKeyValue("session", details.id())
        .addKeyValue("client", details.clientId())
        .addKeyValue("peer", details.peer());
  }
}
