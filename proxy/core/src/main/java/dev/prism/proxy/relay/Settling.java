package dev.prism.proxy.relay;

import com.google.protobuf.Empty;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.proxy.config.ServerConfig.Relay;
import dev.prism.proxy.metrics.RelayMetrics;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.status.PrismException;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.MailboxDelivery;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the mailbox what became of its messages, on a thread of its own: whatever has come while
 * the last batch was under way goes together.
 */
final class Settling implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Settling.class);
  private static final Method ACKNOWLEDGE =
      Processes.method("prism.transact.v1.TransactService/AcknowledgeMailbox");
  private static final int MOST_ACKS = 1000;
  private static final int MOST_REASON = 1000;
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long AGAIN_MILLIS = 100;
  private static final long LEAST_DELAY_MILLIS = 200;
  private static final long MOST_DELAY_MILLIS = 30_000;

  private final Processes processes;
  private final Link mailbox;
  private final Relay relay;
  private final RelayMetrics metrics;
  private final LinkedBlockingQueue<Ack> waiting = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile Runnable end = () -> {};

  Settling(Processes processes, Link mailbox, Relay relay, RelayMetrics metrics) {
    this.processes = processes;
    this.mailbox = mailbox;
    this.relay = relay;
    this.metrics = metrics;
    this.thread = Thread.ofVirtual().name("relay-acks").start(this::run);
  }

  /** What is done when the mailbox cannot be told any more. */
  void onEnd(Runnable action) {
    end = action;
  }

  /** The topic's backend has acknowledged it. */
  void carried(MailboxDelivery delivery) {
    long age = System.currentTimeMillis() - Timestamps.toMillis(delivery.getWrittenAt());
    metrics.carried(Math.max(0, age));
    waiting.add(ack(delivery).setAck(Empty.getDefaultInstance()).build());
  }

  /** It was not published: it is tried again, or where that cannot help it is dead. */
  void failed(MailboxDelivery delivery, Status why) {
    if (isHopeless(why)) {
      metrics.rejected();
      LOG.atWarn()
          .addKeyValue("mailbox", relay.mailbox())
          .addKeyValue("topic", relay.topic())
          .addKeyValue("message_id", delivery.getMessage().getMessageId())
          .log("a message cannot be carried and is dead: {}", why.getMessage());
      String reason = why.getMessage();
      waiting.add(
          ack(delivery)
              .setReject(
                  Reject.newBuilder()
                      .setReason(reason.substring(0, Math.min(reason.length(), MOST_REASON))))
              .build());
      return;
    }
    metrics.retried();
    int doublings = Math.min(delivery.getAttempt(), 16);
    long delay = Math.min(LEAST_DELAY_MILLIS << doublings, MOST_DELAY_MILLIS);
    waiting.add(
        ack(delivery).setNack(Nack.newBuilder().setDelay(Durations.fromMillis(delay))).build());
  }

  /** Whether the message itself is what the topic does not take. */
  private static boolean isHopeless(Status why) {
    return switch (PrismException.reason(why)) {
      case VALUE_TOO_LARGE, MESSAGE_TOO_LARGE -> true;
      default ->
          why.getCode() == Code.INVALID_ARGUMENT_VALUE || why.getCode() == Code.UNIMPLEMENTED_VALUE;
    };
  }

  private static Ack.Builder ack(MailboxDelivery delivery) {
    return Ack.newBuilder().setReceipt(delivery.getReceipt());
  }

  private void run() {
    List<Ack> batch = new ArrayList<>();
    try {
      while (true) {
        if (batch.isEmpty()) {
          batch.add(waiting.take());
          waiting.drainTo(batch, MOST_ACKS - 1);
        }
        AcknowledgeMailboxRequest request =
            AcknowledgeMailboxRequest.newBuilder()
                .setMailbox(relay.mailbox())
                .addAllAcks(batch)
                .build();
        try {
          mailbox.call(processes.header(ACKNOWLEDGE, TIMEOUT_NANOS), request.toByteArray());
          batch.clear();
        } catch (LinkException e) {
          if (!isPassing(e)) {
            throw e;
          }
          Thread.sleep(AGAIN_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (LinkException e) {
      LOG.atWarn()
          .addKeyValue("mailbox", relay.mailbox())
          .addKeyValue("kind", e.kind())
          .log("the mailbox takes no acknowledgements of the relay's: {}", e.getMessage());
    } finally {
      end.run();
    }
  }

  /** Whether the same acknowledgements may be taken a moment later: nothing was done. */
  private static boolean isPassing(LinkException e) {
    Status status = e.status();
    return e.kind() == LinkException.Kind.FULL
        || (status != null
            && switch (PrismException.reason(status)) {
              case OVERLOADED, BACKEND_UNAVAILABLE, TRANSACTION_CONFLICT -> true;
              default -> false;
            });
  }

  /** What was not told comes back, and is carried again. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
