package dev.prism.plugin.nats;

import io.nats.client.api.ConsumerInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Deliveries of processes that died. The server would deliver them again when their time is up, and
 * until then what is behind them: the messages of a key would come out of order. So whoever comes
 * to a group that nobody reads from gives them back first.
 */
final class Orphans {
  private static final byte[] AGAIN = "-NAK".getBytes(StandardCharsets.US_ASCII);
  private static final int AT_ONCE = 1000;

  /**
   * So many places before the newest delivery are looked after. What is older and still open was
   * overtaken long ago; going through millions of acknowledged ones for it would hold up the group.
   */
  private static final long MOST = 100_000;

  private Orphans() {}

  /**
   * Gives back all that is delivered and open, in its order, before what comes next. Returns when
   * the server has taken it.
   *
   * @param earliest the stream's first sequence
   */
  static void giveBack(Session session, Duration timeout, ConsumerInfo info, long earliest) {
    long delivered = info.getDelivered().getStreamSequence();
    long first =
        Math.max(Math.max(earliest, Groups.position(info)), Math.max(delivered - MOST, 0) + 1);
    // What the server is about to deliver again already is taken off first: it keeps the order in
    // which it was told, and would deliver the rest behind that.
    byte[] later =
        ("-NAK {\"delay\": " + ackWait(info).toNanos() + "}").getBytes(StandardCharsets.US_ASCII);
    tell(session, timeout, info, first, delivered, later);
    tell(session, timeout, info, first, delivered, AGAIN);
  }

  private static Duration ackWait(ConsumerInfo info) {
    Duration wait = info.getConsumerConfiguration().getAckWait();
    return wait == null ? Duration.ofSeconds(30) : wait;
  }

  private static void tell(
      Session session, Duration timeout, ConsumerInfo info, long first, long last, byte[] what) {
    // The server asks for a consumer's sequence of something that is not settled; the newest's is.
    String subject =
        "$JS.ACK."
            + info.getStreamName()
            + "."
            + info.getName()
            + ".1.%d."
            + info.getDelivered().getConsumerSequence()
            + ".0.0";
    for (long from = first; from <= last; from += AT_ONCE) {
      int count = (int) Math.min(AT_ONCE, last - from + 1);
      try (Replies.Batch batch = session.repliesInOrder().batch(count)) {
        for (int i = 0; i < count; i++) {
          batch.send(i, subject.formatted(from + i), null, what);
        }
        batch.await(timeout);
        for (int i = 0; i < count; i++) {
          if (batch.answer(i) == null) {
            throw Failures.unreachable();
          }
        }
      }
    }
  }
}
