package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.status.PrismException;
import io.nats.client.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Gets of messages of buckets, of which many are under way at once: so many that their answers fit
 * the memory if each is as large as the server allows. Safe for any thread.
 */
final class Gets {
  /** Of all gets together. */
  private static final int KIBIBYTES_UNDER_WAY = 64 << 10;

  private static final long BYTES_AT_ONCE = 16 << 20;
  private static final int MOST_AT_ONCE = 64;
  private static final int NOT_FOUND = 404;
  private static final String LEADER = "STREAM.MSG.GET.";

  private final NatsSettings settings;
  private final Buckets buckets;
  private final Semaphore kibibytes = new Semaphore(KIBIBYTES_UNDER_WAY);

  /** A question to the server. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Question(Bucket bucket, String subject, byte[] body) {
    static Question of(String method, Bucket bucket, String body) {
      return new Question(
          bucket, "$JS.API." + method + bucket.stream(), body.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** A subject of a bucket. */
  record Place(Bucket bucket, String subject) {
    private Question ask(boolean direct) {
      return Question.of(
          direct ? "DIRECT.GET." : LEADER, bucket, "{\"last_by_subj\":\"" + subject + "\"}");
    }
  }

  /** A message of a bucket by its revision. */
  record At(Bucket bucket, long revision) {}

  Gets(NatsSettings settings, Buckets buckets) {
    this.settings = settings;
    this.buckets = buckets;
  }

  /** How many entries may be in memory together whose sizes are not known. */
  static int atOnce(Session session) {
    return Math.clamp(BYTES_AT_ONCE / largest(session), 1, MOST_AT_ONCE);
  }

  private static long largest(Session session) {
    long most = session.connection().getMaxPayload();
    return most <= 0 ? BYTES_AT_ONCE : most;
  }

  /**
   * The last message of each subject, null where there is none. The stream's leader answers, or, at
   * EVENTUAL, whoever has a copy of the stream.
   *
   * @param maxBytes of values: what follows the value that passes it is left out
   */
  List<@Nullable Entry> last(
      Session session, Consistency consistency, List<Place> places, long maxBytes) {
    Set<Bucket> asked = new LinkedHashSet<>();
    places.forEach(place -> asked.add(place.bucket()));
    asked.removeIf(bucket -> !buckets.isWritten(session, bucket));
    boolean direct =
        consistency.level() == Consistency.Level.EVENTUAL
            && asked.stream().allMatch(bucket -> buckets.isDirect(session, bucket));
    List<Question> questions = new ArrayList<>(places.size());
    for (Place place : places) {
      if (asked.contains(place.bucket())) {
        questions.add(place.ask(direct));
      }
    }
    List<@Nullable Entry> found;
    try {
      found = ask(session, questions, maxBytes, direct);
    } catch (PrismException e) {
      asked.forEach(buckets::forget);
      throw e;
    }
    return questions.size() == places.size() ? found : spread(places, asked, found);
  }

  /** Puts null in the places of buckets that were not asked, as they have nothing. */
  private static List<@Nullable Entry> spread(
      List<Place> places, Set<Bucket> asked, List<@Nullable Entry> found) {
    List<@Nullable Entry> all = new ArrayList<>(places.size());
    Iterator<@Nullable Entry> next = found.iterator();
    for (Place place : places) {
      if (!asked.contains(place.bucket())) {
        all.add(null);
      } else if (next.hasNext()) {
        all.add(next.next());
      } else {
        break;
      }
    }
    return all;
  }

  /** The messages that have these revisions; null where one is not there any more. */
  List<@Nullable Entry> at(Session session, List<At> revisions) {
    return ask(
        session,
        revisions.stream()
            .map(at -> Question.of(LEADER, at.bucket(), "{\"seq\":" + at.revision() + "}"))
            .toList(),
        Long.MAX_VALUE,
        false);
  }

  /** The first message from a revision on that the stream's leader has; null: none. */
  @Nullable Entry next(Session session, Bucket bucket, String subjects, long revision) {
    if (!buckets.isWritten(session, bucket)) {
      return null;
    }
    String body = "{\"seq\":" + revision + ",\"next_by_subj\":\"" + subjects + "\"}";
    return ask(session, List.of(Question.of(LEADER, bucket, body)), Long.MAX_VALUE, false)
        .getFirst();
  }

  private List<@Nullable Entry> ask(
      Session session, List<Question> questions, long maxBytes, boolean direct) {
    int each = Math.clamp(largest(session) >> 10, 1, KIBIBYTES_UNDER_WAY);
    List<@Nullable Entry> found = new ArrayList<>(questions.size());
    int sent = 0;
    try (Replies.Batch batch = session.replies().batch(questions.size())) {
      long bytes = 0;
      while (found.size() < questions.size() && bytes <= maxBytes) {
        if (sent == found.size()) {
          kibibytes.acquireUninterruptibly(each);
          send(batch, questions, sent++);
        }
        while (sent < questions.size() && kibibytes.tryAcquire(each)) {
          send(batch, questions, sent++);
        }
        Message answer = batch.take(found.size(), settings.timeout());
        if (answer == null) {
          throw Failures.unreachable();
        }
        Entry entry = entry(questions.get(found.size()).bucket(), answer, direct);
        bytes += entry == null ? 0 : entry.valueBytes();
        found.add(entry);
        kibibytes.release(each);
      }
      return found;
    } finally {
      kibibytes.release(each * (sent - found.size()));
    }
  }

  private static void send(Replies.Batch batch, List<Question> questions, int index) {
    batch.send(index, questions.get(index).subject(), null, questions.get(index).body());
  }

  private @Nullable Entry entry(Bucket bucket, Message answer, boolean direct) {
    int status = Session.status(answer);
    if (status == NOT_FOUND) {
      return null;
    }
    if (status != 0) {
      throw Failures.unreachable();
    }
    Got got = direct ? Got.direct(answer) : Got.fromLeader(answer.getData());
    if (got.code() == NOT_FOUND) {
      if (got.errorCode() == Failures.STREAM_NOT_FOUND) {
        buckets.forget(bucket);
      }
      return null;
    }
    if (got.errorCode() != 0) {
      throw Failures.refused(got.errorCode());
    }
    return Entry.of(got);
  }
}
