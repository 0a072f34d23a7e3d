package dev.prism.plugin.nats;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.ServerInfo;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The buckets of collections at the server. Safe for any thread. */
final class Buckets {
  /** From this version on servers look at conditions when a message is stored, not before. */
  private static final String CONDITIONS_HOLD = "2.10.0";

  private static final int NAME_IN_USE = 10058;
  private static final long KNOWN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final NatsSettings settings;
  private final Map<Bucket, Known> known = new ConcurrentHashMap<>();
  private final Set<Bucket> written = ConcurrentHashMap.newKeySet();

  /** What a bucket's stream was a moment ago. */
  private record Known(StreamConfiguration stream, long atNanos) {}

  Buckets(NatsSettings settings) {
    this.settings = settings;
  }

  /** What the server says of the bucket's stream; null where it is not there. */
  @Nullable StreamConfiguration look(Session session, Bucket bucket) {
    StreamInfo info = info(session, bucket);
    return info == null ? null : info.getConfiguration();
  }

  private static @Nullable StreamInfo info(Session session, Bucket bucket) {
    try {
      return session.management().getStreamInfo(bucket.stream());
    } catch (JetStreamApiException e) {
      if (Failures.isNotFound(e)) {
        return null;
      }
      throw Failures.of(e);
    } catch (IOException | IllegalStateException e) { // the latter while it connects again
      throw Failures.unreachable();
    }
  }

  /** As {@link #look}, or as it was some seconds ago. */
  private @Nullable StreamConfiguration known(Session session, Bucket bucket) {
    Known before = known.get(bucket);
    if (before != null && System.nanoTime() - before.atNanos() < KNOWN_NANOS) {
      return before.stream();
    }
    StreamConfiguration stream = look(session, bucket);
    if (stream == null) {
      known.remove(bucket);
    } else {
      known.put(bucket, new Known(stream, System.nanoTime()));
    }
    return stream;
  }

  /**
   * Whether copies of the bucket answer gets by themselves. The server does not answer at all to
   * who asks for what they do not give.
   */
  boolean isDirect(Session session, Bucket bucket) {
    StreamConfiguration stream = known(session, bucket);
    return stream != null && stream.getAllowDirect();
  }

  /**
   * Whether anything was ever written to the bucket: before, it is not asked for messages. A server
   * of version 2.9 falls over the question while it makes the stream, and takes all others down.
   */
  boolean isWritten(Session session, Bucket bucket) {
    if (written.contains(bucket)) {
      return true;
    }
    StreamInfo info = info(session, bucket);
    if (info == null || info.getStreamState().getLastSequence() == 0) {
      return false;
    }
    written.add(bucket);
    return true;
  }

  /** The server has acknowledged a message of the bucket. */
  void written(Bucket bucket) {
    if (!written.contains(bucket)) {
      written.add(bucket);
    }
  }

  /** What was known of the bucket does not hold any more. */
  void forget(Bucket bucket) {
    known.remove(bucket);
    written.remove(bucket);
  }

  /**
   * Makes a bucket as native clients make one, but that messages may be deleted: markers of removed
   * keys are, which is cheaper than purging their subjects. One that is there stays as it is.
   */
  void make(Session session, Bucket bucket) {
    StreamConfiguration configuration =
        StreamConfiguration.builder()
            .name(bucket.stream())
            .subjects(bucket.subjects())
            .storageType(StorageType.File)
            .replicas(settings.replicas())
            .maxMessagesPerSubject(1)
            .discardPolicy(DiscardPolicy.New)
            .allowRollup(true)
            .allowDirect(true)
            .build();
    try {
      session.management().addStream(configuration);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NAME_IN_USE) {
        throw Failures.of(e);
      }
    } catch (IOException | IllegalStateException e) { // the latter while it connects again
      throw Failures.unreachable();
    }
  }

  /**
   * Refuses writes that depend on what stands under their keys where the server would not hold to
   * it: before 2.10 one with several replicas looks at a condition when a message comes, and not
   * again when those that came before it have been stored.
   */
  void checkConditions(Session session, Bucket bucket) {
    ServerInfo server = session.connection().getServerInfo();
    if (server.isSameOrNewerThanVersion(CONDITIONS_HOLD)) {
      return;
    }
    StreamConfiguration stream = known(session, bucket);
    if ((stream == null ? settings.replicas() : stream.getReplicas()) > 1) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "on a bucket of several replicas this needs a NATS server of version %s or later"
              .formatted(CONDITIONS_HOLD));
    }
  }
}
