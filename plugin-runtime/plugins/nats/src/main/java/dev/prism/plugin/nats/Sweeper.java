package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.status.PrismException;
import io.nats.client.Message;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what has expired: an item becomes a marker, as if it were deleted, and a marker goes
 * after its time. It remembers what this process has written, the soonest first, and looks through
 * a bucket for what others have left when the process first writes to it, and each hour.
 *
 * <p>Safe for any thread.
 */
final class Sweeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long LOOK_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** Looking may take a twentieth of the time. */
  private static final int REST = 20;

  /** After a failure, and between two looks through a bucket. */
  private static final long AGAIN_MILLIS = TimeUnit.SECONDS.toMillis(10);

  /** 70 bytes each. */
  private static final int MOST_REMEMBERED = 50_000;

  private final NatsLink link;
  private final NatsSettings settings;
  private final Buckets buckets;
  private final Gets gets;
  private final InstantSource clock;
  private final Thread thread;
  private final TreeSet<Due> soon =
      new TreeSet<>(
          Comparator.comparingLong(Due::millis)
              .thenComparingLong(due -> due.at().revision())
              .thenComparing(due -> due.at().bucket().name()));
  private final Map<Bucket, Look> looks = new HashMap<>();
  private volatile boolean closed;

  /** What is to be removed, and when. */
  private record Due(long millis, Gets.At at) {}

  /** What is to be removed now. */
  private record Found(Bucket bucket, Entry entry) {}

  /** When a bucket is to be looked through next. */
  private static final class Look {
    long millis;
    long notBefore;
  }

  Sweeper(NatsLink link, NatsSettings settings, Buckets buckets, Gets gets, InstantSource clock) {
    this.link = link;
    this.settings = settings;
    this.buckets = buckets;
    this.gets = gets;
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("nats-sweeper").daemon().start(this::run);
  }

  /**
   * A message was written.
   *
   * @param due when it is to be removed; {@link Item#NEVER}
   */
  synchronized void written(Bucket bucket, long due, long revision) {
    looks.computeIfAbsent(bucket, _ -> new Look());
    if (due != Item.NEVER) {
      remember(new Due(due, new Gets.At(bucket, revision)));
    }
  }

  private synchronized void remember(Due due) {
    soon.add(due);
    if (soon.size() > MOST_REMEMBERED) {
      Due forgotten = soon.removeLast();
      Look look = looks.get(forgotten.at().bucket());
      if (look != null) {
        look.millis = Math.min(look.millis, forgotten.millis());
      }
    }
  }

  private void run() {
    while (!closed) {
      try {
        sweep();
        look();
      } catch (PrismException e) {
        LOG.debug("sweeping waits: {}", e.reason());
      } catch (RuntimeException e) {
        LOG.error("sweeping failed, and goes on", e);
      }
      LockSupport.parkNanos(this, TICK_NANOS);
    }
  }

  private void sweep() {
    while (!closed) {
      Session session = link.session();
      List<Due> due = due(Gets.atOnce(session));
      if (due.isEmpty()) {
        return;
      }
      List<@Nullable Entry> found;
      try {
        found = gets.at(session, due.stream().map(Due::at).toList());
      } catch (PrismException e) {
        due.forEach(this::remember);
        throw e;
      }
      List<Found> items = new ArrayList<>();
      List<Found> markers = new ArrayList<>();
      long now = clock.millis();
      for (int i = 0; i < found.size(); i++) {
        Entry entry = found.get(i);
        if (entry != null && entry.isOver(now)) {
          (entry.isMarker() ? markers : items).add(new Found(due.get(i).at().bucket(), entry));
        }
      }
      mark(session, items, now);
      delete(session, markers);
    }
  }

  private synchronized List<Due> due(int most) {
    List<Due> due = new ArrayList<>();
    long now = clock.millis();
    while (due.size() < most && !soon.isEmpty() && soon.getFirst().millis() <= now) {
      due.add(soon.removeFirst());
    }
    return due;
  }

  /** An item that was written again meanwhile stays: the marker is refused. */
  private void mark(Session session, List<Found> items, long now) {
    try (Replies.Batch batch = session.replies().batch(items.size())) {
      Step.Publish marker = Step.remove(now);
      for (int i = 0; i < items.size(); i++) {
        Entry entry = items.get(i).entry();
        Headers headers = new Headers(marker.headers());
        Entry.expect(headers, entry.revision());
        batch.send(i, entry.subject(), headers, marker.payload());
      }
      batch.await(settings.timeout());
      for (int i = 0; i < items.size(); i++) {
        Message answer = batch.answer(i);
        PubAck ack =
            answer == null || answer.isStatusMessage() ? null : PubAck.of(answer.getData());
        if (ack != null && ack.errorCode() == 0) {
          written(items.get(i).bucket(), marker.due(), ack.sequence());
        } else if (ack == null || !ack.isOvertaken()) {
          tryAgain(items.get(i));
        }
      }
    }
  }

  /** Buckets that native clients made let nobody delete messages: there subjects are purged. */
  private void delete(Session session, List<Found> markers) {
    List<Found> refused =
        ask(
            session,
            markers,
            "MSG.DELETE",
            marker -> "{\"seq\":" + marker.revision() + ",\"no_erase\":true}");
    ask(
        session,
        refused,
        "PURGE",
        marker ->
            "{\"filter\":\"" + marker.subject() + "\",\"seq\":" + (marker.revision() + 1) + "}");
  }

  /** Returns those that the server refused. */
  private List<Found> ask(
      Session session, List<Found> markers, String method, Function<Entry, String> body) {
    List<Found> refused = new ArrayList<>();
    try (Replies.Batch batch = session.replies().batch(markers.size())) {
      for (int i = 0; i < markers.size(); i++) {
        Found marker = markers.get(i);
        batch.send(
            i,
            "$JS.API.STREAM." + method + "." + marker.bucket().stream(),
            null,
            body.apply(marker.entry()).getBytes(StandardCharsets.US_ASCII));
      }
      batch.await(settings.timeout());
      for (int i = 0; i < markers.size(); i++) {
        Message answer = batch.answer(i);
        if (answer == null || answer.isStatusMessage()) {
          tryAgain(markers.get(i));
        } else if (new String(answer.getData(), StandardCharsets.UTF_8).contains("\"error\"")) {
          refused.add(markers.get(i));
        }
      }
    }
    return refused;
  }

  private void tryAgain(Found found) {
    remember(
        new Due(
            clock.millis() + AGAIN_MILLIS, new Gets.At(found.bucket(), found.entry().revision())));
  }

  private void look() {
    Bucket bucket = toLookThrough();
    while (bucket != null) {
      long began = System.nanoTime();
      boolean done = false;
      try {
        look(bucket);
        done = true;
      } finally {
        looked(bucket, began, done);
      }
      bucket = toLookThrough();
    }
  }

  private void look(Bucket bucket) {
    Session session = link.session();
    StreamConfiguration stream = buckets.look(session, bucket);
    if (stream != null) {
      new Listing(session, settings.timeout(), gets, bucket, bucket.subjects())
          .run(
              stream,
              entries -> {
                entries.forEach(
                    entry -> written(bucket, entry.item().expiresAtMillis(), entry.revision()));
                return !closed;
              });
    }
  }

  /** The next one; what has no room while it is looked through says when to look again. */
  private synchronized @Nullable Bucket toLookThrough() {
    long now = clock.millis();
    for (Map.Entry<Bucket, Look> each : looks.entrySet()) {
      Look look = each.getValue();
      if (!closed && look.millis <= now && look.notBefore <= now) {
        look.millis = now + LOOK_MILLIS;
        return each.getKey();
      }
    }
    return null;
  }

  private synchronized void looked(Bucket bucket, long beganNanos, boolean done) {
    long now = clock.millis();
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
    Look look = looks.get(bucket);
    if (look != null) {
      look.millis = done ? look.millis : now;
      look.notBefore = now + AGAIN_MILLIS + (done ? REST * took : 0);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(settings.timeout().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
