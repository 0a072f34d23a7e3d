package dev.prism.plugin.nats;

import dev.prism.plugin.nats.Held.Lease;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.api.ConsumerInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Acknowledges all that a group was delivered before an offset, by whatever process. */
final class Commits {
  private static final byte[] DONE = "+ACK".getBytes(StandardCharsets.US_ASCII);
  private static final int AT_ONCE = 1000;

  private Commits() {}

  /**
   * The server acknowledges by the message's sequence alone: what was acknowledged before is left
   * as it is, and what other processes hold is acknowledged too.
   */
  static void settleBefore(
      Session session,
      Duration timeout,
      String stream,
      ConsumerInfo info,
      long earliest,
      long offset,
      @Nullable Held held) {
    for (long from = Math.max(earliest, Groups.position(info)); from < offset; from += AT_ONCE) {
      int count = (int) Math.min(AT_ONCE, offset - from);
      try (Replies.Batch batch = session.repliesInOrder().batch(count)) {
        for (int i = 0; i < count; i++) {
          batch.send(i, ack(stream, info.getName(), from + i), null, DONE);
        }
        batch.await(timeout);
        for (int i = 0; i < count; i++) {
          if (batch.answer(i) == null) {
            throw PrismException.of(Reason.OUTCOME_UNKNOWN, Failures.unknown().getMessage());
          }
        }
      }
    }
    if (held != null) {
      for (Lease lease : held.leases()) {
        if (lease.sequence < offset) {
          held.remove(lease);
        }
      }
    }
  }

  /**
   * Tells a server that came back what it may have forgotten: acknowledgements that it answered and
   * has not written.
   */
  static void settleAgain(Session session, Duration timeout, ConsumerInfo info, Settled settled) {
    if (info.getNumAckPending() == 0) {
      return;
    }
    long last = info.getDelivered().getStreamSequence();
    long[] sequences = settled.between(Groups.position(info), last, AT_ONCE);
    while (sequences.length > 0) {
      int count = sequences.length;
      try (Replies.Batch batch = session.repliesInOrder().batch(count)) {
        for (int i = 0; i < count; i++) {
          batch.send(i, ack(info.getStreamName(), info.getName(), sequences[i]), null, DONE);
        }
        batch.await(timeout);
        if (batch.answer(count - 1) == null) {
          throw Failures.unreachable();
        }
      }
      sequences = settled.between(sequences[count - 1] + 1, last, AT_ONCE);
    }
  }

  /** Where a message is acknowledged: its delivery's count, sequences, time and what is pending. */
  private static String ack(String stream, String consumer, long sequence) {
    return "$JS.ACK." + stream + "." + consumer + ".1." + sequence + ".0.0.0";
  }
}
