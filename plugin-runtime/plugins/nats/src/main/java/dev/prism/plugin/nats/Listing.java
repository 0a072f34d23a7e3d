package dev.prism.plugin.nats;

import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Goes through what a bucket has, without values, in the order in which it was written. What is
 * there from the beginning to the end is seen, perhaps more than once: it may have been written
 * again meanwhile.
 */
final class Listing {
  private static final int AT_ONCE = 1000;
  private static final long BYTES_AT_ONCE = 1 << 20;
  private static final Duration FORGOTTEN = Duration.ofSeconds(10);

  /** How long a request waits where the server has said that there is more, and has not. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int MOST_ABSENCES = 20;

  private final Session session;
  private final Duration timeout;
  private final Gets gets;
  private final Bucket bucket;
  private final String subjects;

  /** Of the last one that was handed on. */
  private long revision;

  /** A message and how many the server says come after it. */
  private record Listed(Entry entry, long number, long pending) {
    static Listed of(Message message) {
      return new Listed(
          Entry.listed(message),
          message.metaData().consumerSequence(),
          message.metaData().pendingCount());
    }
  }

  /**
   * @param subjects which of the bucket's
   */
  Listing(Session session, Duration timeout, Gets gets, Bucket bucket, String subjects) {
    this.session = session;
    this.timeout = timeout;
    this.gets = gets;
    this.bucket = bucket;
    this.subjects = subjects;
  }

  /**
   * Hands some entries at a time to {@code taker} until it returns false.
   *
   * <p>A copy of the stream gives them, which may be behind the stream's leader. So it is the
   * leader who says that nothing follows the last one, and a copy that has not got it is left for
   * another.
   *
   * @param stream as the server has it
   */
  void run(StreamConfiguration stream, Predicate<List<Entry>> taker) {
    long heard = System.nanoTime();
    while (gets.next(session, bucket, subjects, revision + 1) != null) {
      long before = revision;
      String consumer = consumer(stream);
      try (Pull<Listed> pull =
          new Pull<>(session, timeout, bucket.stream(), consumer, Listed::of)) {
        if (read(pull, taker)) {
          return;
        }
      } finally {
        // Nobody waits for it; the server would forget it by itself, a little later.
        session.send(
            "$JS.API.CONSUMER.DELETE." + bucket.stream() + "." + consumer, null, null, new byte[0]);
      }
      if (revision > before) {
        heard = System.nanoTime();
      } else if (System.nanoTime() - heard > timeout.toNanos()) {
        throw Failures.unreachable();
      }
    }
  }

  /** Whether that is all. */
  private boolean read(Pull<Listed> pull, Predicate<List<Entry>> taker) {
    long number = 0;
    int absences = 0;
    while (true) {
      List<Listed> listed = pull.poll(AT_ONCE, BYTES_AT_ONCE, PATIENCE_NANOS);
      for (Listed each : listed) {
        if (each.number() != ++number) {
          return false; // some are lost on the way: from there on again
        }
      }
      if (!listed.isEmpty()) {
        revision = listed.getLast().entry().revision();
        if (!taker.test(listed.stream().map(Listed::entry).toList())) {
          return true;
        }
        if (listed.getLast().pending() == 0
            && gets.next(session, bucket, subjects, revision + 1) == null) {
          return true;
        }
      } else if (pull.isGone() && session.isConnected() && ++absences < MOST_ABSENCES) {
        // The server here may have to hear of a consumer that was just made at another.
        pull.found();
        LockSupport.parkNanos(this, PAUSE_NANOS);
      } else {
        return false;
      }
    }
  }

  private String consumer(StreamConfiguration stream) {
    ConsumerConfiguration.Builder from = ConsumerConfiguration.builder();
    if (revision > 0) {
      from.deliverPolicy(DeliverPolicy.ByStartSequence).startSequence(revision + 1);
    } else {
      from.deliverPolicy(
          stream.getMaxMsgsPerSubject() == 1 ? DeliverPolicy.All : DeliverPolicy.LastPerSubject);
    }
    ConsumerConfiguration configuration =
        from.filterSubject(subjects)
            .ackPolicy(AckPolicy.None)
            .headersOnly(true)
            .memStorage(true)
            .numReplicas(1)
            .inactiveThreshold(FORGOTTEN)
            .build();
    try {
      ConsumerInfo made = session.management().addOrUpdateConsumer(bucket.stream(), configuration);
      return made.getName();
    } catch (JetStreamApiException e) {
      throw Failures.of(e);
    } catch (IOException | IllegalStateException e) { // the latter while it connects again
      throw Failures.unreachable();
    }
  }
}
