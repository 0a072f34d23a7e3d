package dev.prism.proxy.session;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One session: who calls, in which namespace, with which configs. What it is never changes; when it
 * was last used does, without a lock. It holds no token, and only {@link Sessions} can end it.
 */
public final class Session {
  /** Why a session ended. */
  public enum End {
    /** CloseSession. */
    CLOSED,
    /** No call and no heartbeat for the idle timeout. */
    IDLE,
    /** Its lifetime, or that of the credential it was opened with, is over. */
    EXPIRED,
    /** An administrator ended it. */
    TERMINATED,
    /** The credential that it was opened with was revoked. */
    REVOKED
  }

  /**
   * What a session is.
   *
   * @param id names it in logs and lists; no secret
   * @param identity who opened it, as {@link dev.prism.proxy.auth.Principal#identity}
   * @param credential as {@link dev.prism.proxy.auth.Principal#credential}
   * @param namespace whose data it works on
   * @param configs at least one, the request's first one first
   * @param createdAt when it was opened
   * @param expiresAt when it ends whatever it does
   * @param clientId what the client calls itself
   * @param clientVersion its version
   * @param metadata its own notes
   * @param peer where it was opened from, {@code HOST:PORT}
   */
  public record Details(
      String id,
      String identity,
      String credential,
      String namespace,
      List<BoundConfig> configs,
      Instant createdAt,
      Instant expiresAt,
      String clientId,
      String clientVersion,
      Map<String, String> metadata,
      String peer) {
    public Details {
      configs = List.copyOf(configs);
      metadata = Map.copyOf(metadata);
    }
  }

  private static final int PATTERNS = AccessPattern.values().length;

  private static final AtomicReferenceFieldUpdater<Session, @Nullable End> END =
      AtomicReferenceFieldUpdater.newUpdater(Session.class, End.class, "end");
  private static final AtomicReferenceFieldUpdater<Session, @Nullable Object> ATTACHMENT =
      AtomicReferenceFieldUpdater.newUpdater(Session.class, Object.class, "attachment");

  private final Details details;
  private final BoundConfig[] configs;
  private final @Nullable BoundConfig[] only = new BoundConfig[PATTERNS];
  private final boolean[] several = new boolean[PATTERNS];
  private final Set<EndListener> listeners = ConcurrentHashMap.newKeySet();

  private final LongSupplier nanoTime;
  private final long expiresNanos;
  private final long number;

  // Fields and no objects of their own, which a collection may move beside what every call writes:
  // every call reads these, and did so for up to two fifths of the gate's time.
  private volatile @Nullable End end;
  private volatile @Nullable Object attachment;

  /** On the clock of {@link Sessions}; written by any call, at most once in a while. */
  volatile long lastActiveNanos;

  /**
   * @param nanoTime the clock of {@link Sessions}
   * @param expiresNanos when its lifetime is over, on the same clock
   */
  Session(Details details, LongSupplier nanoTime, long expiresNanos) {
    this.nanoTime = nanoTime;
    this.expiresNanos = expiresNanos;
    this.details = details;
    this.number = number(details.id());
    this.configs = details.configs().toArray(BoundConfig[]::new);
    this.lastActiveNanos = nanoTime.getAsLong();
    for (BoundConfig config : configs) {
      int pattern = config.pattern().getNumber();
      several[pattern] = only[pattern] != null;
      only[pattern] = config;
    }
  }

  private static long number(String id) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong() | 1;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public String id() {
    return details.id();
  }

  /**
   * The session for a plugin, which tells one's subscriptions from another's by it: of the id, and
   * so the same after a restart of the proxy. Never 0.
   */
  public long number() {
    return number;
  }

  public String namespace() {
    return details.namespace();
  }

  /** All that does not change. */
  public Details details() {
    return details;
  }

  /** Streams that are open now. */
  public int openStreams() {
    return listeners.size();
  }

  /** Why it ended, or null while it is open. */
  public @Nullable End ended() {
    return end;
  }

  /**
   * The config that a call uses. Part of every data call: allocates nothing where it succeeds.
   *
   * @param pattern the interface that is called
   * @param configName the call's metadata {@code prism-config}, or null
   * @throws PrismException CONFIG_NOT_FOUND where the session holds none of that name,
   *     PATTERN_MISMATCH where none fits the interface, CONFIG_AMBIGUOUS where several do and none
   *     is named
   */
  public BoundConfig select(AccessPattern pattern, @Nullable String configName) {
    int index = pattern.getNumber();
    if (configName == null) {
      BoundConfig config = only[index];
      if (config != null && !several[index]) {
        return config;
      }
      throw config == null ? mismatch(pattern) : ambiguous(pattern);
    }
    for (BoundConfig config : configs) {
      if (config.name().equals(configName)) {
        if (config.pattern() == pattern) {
          return config;
        }
        throw mismatch(pattern);
      }
    }
    throw PrismException.of(
        Reason.CONFIG_NOT_FOUND,
        "This session holds no config of the name in metadata prism-config.",
        Map.of("session_configs", names()));
  }

  /**
   * Runs {@code action} once when the session ends, at once where it has; on the thread that ends
   * it, so it must not block. How an open stream learns that it is to end with SESSION_EXPIRED; a
   * session counts as used while there is one.
   *
   * @return to be closed when the stream is over
   */
  public EndListener onEnd(Runnable action) {
    EndListener listener = new EndListener(this, action);
    listeners.add(listener);
    if (end != null) {
      listener.ended();
    }
    return listener;
  }

  /** Waits for a session's end on behalf of one stream. */
  public static final class EndListener implements AutoCloseable {
    private final Session session;
    private final Runnable action;
    private final AtomicBoolean over = new AtomicBoolean();

    private EndListener(Session session, Runnable action) {
      this.session = session;
      this.action = action;
    }

    private void ended() {
      if (over.compareAndSet(false, true)) {
        action.run();
      }
    }

    /** The stream is over: the session's end no longer matters to it. */
    @Override
    public void close() {
      over.set(true);
      session.used(); // before it is seen to have no stream
      session.listeners.remove(this);
    }
  }

  /**
   * What the gate keeps with the session, such as its rate limiters; made by the first call that
   * asks and gone with the session. There is one, so that all of it belongs in one type.
   */
  public <T> T attachment(Class<T> type, Function<Session, T> make) {
    Object present = attachment;
    if (present == null) {
      ATTACHMENT.compareAndSet(this, null, make.apply(this));
      present = Objects.requireNonNull(attachment);
    }
    return type.cast(present);
  }

  /** It is used now. */
  void used() {
    lastActiveNanos = nanoTime.getAsLong();
  }

  /** When its lifetime is over. */
  long expiresNanos() {
    return expiresNanos;
  }

  /** Whether its lifetime is over. */
  boolean isOver(long nowNanos) {
    return nowNanos - expiresNanos >= 0;
  }

  /** Ends it, once. */
  boolean end(End cause) {
    if (!END.compareAndSet(this, null, cause)) {
      return false;
    }
    listeners.forEach(EndListener::ended);
    return true;
  }

  private PrismException mismatch(AccessPattern pattern) {
    return PrismException.of(
        Reason.PATTERN_MISMATCH,
        "This session holds no config for the interface that was called; open one with a config of pattern "
            + pattern
            + ".",
        Map.of("pattern", pattern.name(), "session_configs", names()));
  }

  private PrismException ambiguous(AccessPattern pattern) {
    return PrismException.of(
        Reason.CONFIG_AMBIGUOUS,
        "Several configs of this session fit; name one in metadata prism-config.",
        Map.of("pattern", pattern.name(), "session_configs", names()));
  }

  private String names() {
    return String.join(",", details.configs().stream().map(BoundConfig::name).toList());
  }
}
