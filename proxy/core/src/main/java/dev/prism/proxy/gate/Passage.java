package dev.prism.proxy.gate;

import dev.prism.link.ReplyTime;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.session.Session;
import io.grpc.Metadata;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One data call: what the client sent, and what the steps found out. It belongs to the call's own
 * thread. What a step notes is there for the steps after it and for the router; asking for it
 * earlier is a programming error.
 */
public final class Passage implements ReplyTime {
  private final Method method;
  private final Metadata metadata;
  private final byte[] request;
  private final long receivedNanos;

  /** Whether {@link Admission} counts it. */
  boolean admitted;

  /** What it has a permit of. */
  @Nullable Semaphore slots;

  private String requestId = "";
  private boolean named;
  private @Nullable String traceparent;
  private @Nullable Session session;
  private @Nullable BoundConfig config;
  private SessionLimits.@Nullable Limit limit;
  private long deadlineNanos;
  private List<String> resources = List.of();
  private long repliedNanos;

  /**
   * @param request the message's bytes; of a stream, its first
   * @param receivedNanos when the request had arrived whole, on {@link System#nanoTime()}'s clock
   */
  public Passage(Method method, Metadata metadata, byte[] request, long receivedNanos) {
    this.method = method;
    this.metadata = metadata;
    this.request = request;
    this.receivedNanos = receivedNanos;
  }

  public Method method() {
    return method;
  }

  public Metadata metadata() {
    return metadata;
  }

  public byte[] request() {
    return request;
  }

  public long receivedNanos() {
    return receivedNanos;
  }

  /** At most 64 bytes of [A-Za-z0-9._-]; empty before it is known. */
  public String requestId() {
    return requestId;
  }

  /** Whether the client chose {@link #requestId}: it gets it back then. */
  public boolean isNamed() {
    return named;
  }

  /** The client's W3C trace context, valid; null where it gave none. */
  public @Nullable String traceparent() {
    return traceparent;
  }

  void identify(String requestId, boolean named, @Nullable String traceparent) {
    this.requestId = requestId;
    this.named = named;
    this.traceparent = traceparent;
  }

  /** Whose call it is; null before that is known. */
  public @Nullable Session sessionIfKnown() {
    return session;
  }

  /** Whose call it is. */
  public Session session() {
    return known(session);
  }

  void belongTo(Session session) {
    this.session = session;
  }

  /** The config that the call uses. */
  public BoundConfig config() {
    return known(config);
  }

  /** When the caller stops waiting, on {@link System#nanoTime()}'s clock. */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  void use(BoundConfig config, long deadlineNanos) {
    this.config = config;
    this.deadlineNanos = deadlineNanos;
  }

  /** What its session may use under its config. */
  SessionLimits.Limit limit() {
    return known(limit);
  }

  void limitTo(SessionLimits.Limit limit) {
    this.limit = limit;
  }

  /** The names of what the request touches: collections, topics, tables. */
  public List<String> resources() {
    return resources;
  }

  void touch(List<String> resources) {
    this.resources = resources;
  }

  /** Of several replies, which a call to several processes has, the last one counts. */
  @Override
  public void repliedAt(long nanoTime) {
    repliedNanos = nanoTime;
  }

  /** When a plugin's reply was taken off the ring; 0 where there is none, and for a stream. */
  public long repliedNanos() {
    return repliedNanos;
  }

  private static <T> T known(@Nullable T found) {
    if (found == null) {
      throw new IllegalStateException("asked before the step that finds it");
    }
    return found;
  }
}
