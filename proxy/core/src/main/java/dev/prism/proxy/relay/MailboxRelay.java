package dev.prism.proxy.relay;

import dev.prism.link.Exchange;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.proxy.config.ServerConfig.Relay;
import dev.prism.proxy.metrics.RelayMetrics;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.route.Plugins;
import dev.prism.proxy.route.Plugins.Incarnation;
import dev.prism.proxy.route.Plugins.Plugin;
import dev.prism.transact.v1.ReadMailboxRequest;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one mailbox to one topic, in order within a key, at least once: a message is acknowledged
 * in the mailbox after the topic's backend has acknowledged it. Where either backend fails, all
 * that was under way goes back to the mailbox and is carried again; several proxies may carry the
 * same mailbox, and share the work.
 */
final class MailboxRelay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MailboxRelay.class);

  private static final Method READ =
      Processes.method("prism.transact.v1.TransactService/ReadMailbox");
  private static final Method PUBLISH =
      Processes.method("prism.queue.v1.QueueService/PublishStream");

  /** Messages under way at once. */
  static final int MOST_IN_FLIGHT = 1024;

  /** A message that could not be carried so often is dead; each attempt waits longer. */
  private static final int MOST_ATTEMPTS = 1000;

  private static final long LEAST_PAUSE_MILLIS = 50;
  private static final long MOST_PAUSE_MILLIS = 5000;
  private static final long LOOK_MILLIS = 50;

  private final String namespace;
  private final Relay relay;
  private final Processes processes;
  private final RelayMetrics metrics;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  MailboxRelay(String namespace, Relay relay, Plugins plugins, RelayMetrics metrics) {
    this.namespace = namespace;
    this.relay = relay;
    this.processes = new Processes(plugins, namespace);
    this.metrics = metrics;
    this.thread = Thread.ofVirtual().name("relay-" + relay.mailbox()).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    long pause = LEAST_PAUSE_MILLIS;
    try {
      while (!isClosed()) {
        Optional<? extends Plugin> source = processes.ready(relay.backend(), READ);
        Optional<? extends Plugin> target = processes.ready(relay.topicBackend(), PUBLISH);
        if (source.isEmpty() || target.isEmpty()) {
          // What is read now could not be carried, and each attempt counts.
          closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
          continue;
        }
        long carriedBefore = metrics.carried();
        try {
          carry(source.get(), target.get());
        } catch (LinkException e) {
          told(e);
        } catch (RuntimeException e) { // a defect, which must not end the relay
          LOG.atError()
              .addKeyValue("namespace", namespace)
              .addKeyValue("mailbox", relay.mailbox())
              .setCause(e)
              .log("the relay failed, and begins anew");
        }
        boolean worked = metrics.carried() > carriedBefore;
        pause = worked ? LEAST_PAUSE_MILLIS : Math.min(pause * 2, MOST_PAUSE_MILLIS);
        closed.await(pause, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server closes
    }
  }

  /** Until one of the streams ends. */
  private void carry(Plugin source, Plugin target) throws LinkException {
    Incarnation from = source.live();
    Incarnation to = target.live();
    if (from == null || to == null) {
      return;
    }
    ReadMailboxRequest request =
        ReadMailboxRequest.newBuilder()
            .setMailbox(relay.mailbox())
            .setMaxInFlight(MOST_IN_FLIGHT)
            .setMaxAttempts(MOST_ATTEMPTS)
            .build();
    Link mailbox = from.link();
    boolean idempotent = Processes.queueHas(target, "IDEMPOTENCY");
    try (Exchange deliveries = mailbox.open(processes.streamHeader(READ), request.toByteArray());
        Settling settling = new Settling(processes, mailbox, relay, metrics);
        Carrying carrying =
            new Carrying(to.link(), processes.streamHeader(PUBLISH), relay, idempotent, settling)) {
      deliveries.halfClose();
      settling.onEnd(deliveries::close);
      carrying.onEnd(deliveries::close);
      for (byte[] message = deliveries.receive();
          message != null && !isClosed();
          message = deliveries.receive()) {
        carrying.send(message);
      }
    }
  }

  private void told(LinkException e) {
    if (!isClosed()) {
      LOG.atWarn()
          .addKeyValue("namespace", namespace)
          .addKeyValue("mailbox", relay.mailbox())
          .addKeyValue("topic", relay.topic())
          .addKeyValue("kind", e.kind())
          .log("the relay was interrupted and begins anew: {}", e.getMessage());
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** What is under way is carried again by whoever reads the mailbox next. */
  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
