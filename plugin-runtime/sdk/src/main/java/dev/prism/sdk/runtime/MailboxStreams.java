package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.CallContext;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.runtime.PluginMetrics.Messages;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.Transactor;
import dev.prism.transact.v1.ReadMailboxRequest;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Serves the streams of {@code ReadMailbox}, each on a virtual thread of its own. */
final class MailboxStreams {
  /** Streams that may be open at once. */
  private static final int MOST_OPEN = 1024;

  private static final int MOST_POLL_BYTES = 256 << 10;
  private static final int LEAST_POLL_BYTES = 16 << 10;

  private final Transactor transactor;
  private final TransactRules rules;
  private final PluginMetrics metrics;
  private final InFlight inFlight;
  private final Budget budget;
  private final InstantSource clock;
  private final int process;
  private final Streams streams;
  private final Set<SubscriptionRun> runs = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  MailboxStreams(
      Transactor transactor,
      TransactRules rules,
      Answers answers,
      PluginMetrics metrics,
      InFlight inFlight,
      Budget budget,
      InstantSource clock,
      int process) {
    this.transactor = transactor;
    this.rules = rules;
    this.metrics = metrics;
    this.inFlight = inFlight;
    this.budget = budget;
    this.clock = clock;
    this.process = process;
    this.streams = new Streams(MOST_OPEN, answers);
  }

  /** How many are open. */
  int open() {
    return streams.open();
  }

  /** Ends them with {@code SHUTTING_DOWN}. */
  void drain() {
    draining = true;
    runs.forEach(SubscriptionRun::drain);
  }

  void read(InboundCall call, Operation operation, long arrivedNanos) {
    rules.need(Capability.MAILBOX);
    ReadMailboxRequest request = Handler.parse(ReadMailboxRequest.parser(), call);
    String mailbox = KeyValueRules.name(request.getMailbox(), "mailbox");
    SubscriptionRun.Bounds bounds =
        new SubscriptionRun.Bounds(
            QueueRules.inFlight(request.getMaxInFlight(), ""),
            QueueRules.attempts(request.getMaxAttempts(), ""));
    long ackMillis =
        QueueRules.ackTimeoutMillis(
            request.hasAckTimeout(), request.getAckTimeout(), "ack_timeout");
    streams.start(
        call,
        operation,
        arrivedNanos,
        "mailbox",
        () ->
            CallContext.call(
                List.of(call.header()),
                () -> {
                  read(call, mailbox, bounds, ackMillis);
                  return true;
                }));
  }

  private void read(
      InboundCall call, String mailbox, SubscriptionRun.Bounds bounds, long ackMillis) {
    String namespace = call.header().namespace();
    Consumer consumer = transactor.read(namespace, mailbox, ackMillis);
    try (SubscriptionRun run =
        new SubscriptionRun(
            call,
            consumer,
            bounds,
            mailbox,
            inFlight,
            clock,
            (deliveries, caughtUp) -> {
              metrics.messages(Messages.DELIVERED, namespace, deliveries.size());
              return call.send(
                  TransactMessages.deliveries(deliveries, caughtUp, process).toByteArray());
            },
            dead -> bury(namespace, dead),
            this::pollBytes,
            Long.MAX_VALUE / 2)) {
      runs.add(run);
      try {
        if (draining) {
          run.drain();
        }
        call.onOver(run::finish);
        run.run();
      } finally {
        runs.remove(run);
      }
    }
  }

  private void bury(String namespace, List<Ack> dead) {
    transactor.acknowledge(namespace, List.of(new Settlement(dead, null, MailboxStreams::nothing)));
    metrics.messages(Messages.DEAD, namespace, dead.size());
  }

  private static byte[] nothing(List<AckResult> results) {
    return new byte[0];
  }

  /** An eighth of the heap for all readers together. */
  private int pollBytes() {
    return Math.clamp(
        budget.maxPendingBytes() / 2 / Math.max(1, streams.open()),
        LEAST_POLL_BYTES,
        MOST_POLL_BYTES);
  }
}
