package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.link.LinkException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How calls and streams end, seen from both ends of a link. */
@Timeout(30)
class CallLifeTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final byte[] NOTHING = new byte[0];

  private static Link link(CallHandler handler) {
    return InProcessLink.connect(PluginProcess.hello(), TestPlugin.hello(), handler);
  }

  private static void virtual(Runnable action) {
    Thread.startVirtualThread(action);
  }

  @Test
  void aHandlerThatThrowsFailsItsCallAndNoOther() throws Exception {
    try (Link link =
        link(
            call -> {
              if (call.header().operation() == 2) {
                throw new IllegalArgumentException("a defect");
              }
              call.reply(NOTHING);
            })) {
      assertThatThrownBy(() -> link.call(header(2, LONG), NOTHING))
          .isInstanceOfSatisfying(
              LinkException.class,
              e -> assertThat(e.status().getCode()).isEqualTo(Code.INTERNAL_VALUE));
      assertThat(link.call(header(1, LONG), NOTHING)).isEmpty();
    }
  }

  @Test
  void theHeaderArrivesAsItWasSent() throws Exception {
    CompletableFuture<CallHeader> seen = new CompletableFuture<>();
    CallHeader sent =
        new CallHeader(
            65535,
            "n".repeat(63),
            -77,
            3,
            1234567890123L,
            System.nanoTime() + LONG.toNanos(),
            42,
            "r".repeat(64),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    try (Link link =
        link(
            call -> {
              seen.complete(call.header());
              call.reply(NOTHING);
            })) {
      link.call(sent, NOTHING);

      assertThat(seen.get()).isEqualTo(sent);
    }
  }

  @Test
  void aHeaderThatDoesNotFitIsRefusedAndHoldsNothing() {
    try (Link link = link(call -> call.reply(NOTHING))) {
      assertThatThrownBy(() -> link.call(header(1, "n".repeat(64), LONG), NOTHING))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(link.stats().inFlight()).isZero();
    }
  }

  @Test
  void thePluginIsToldOnceWhenTheDeadlineEndsACall() throws Exception {
    AtomicInteger told = new AtomicInteger();
    try (Link link = link(call -> call.onOver(told::incrementAndGet))) {
      long before = System.nanoTime();
      assertThatThrownBy(() -> link.call(header(1, Duration.ofMillis(50)), NOTHING))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));

      assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(50_000_000L);
      PluginProcess.await(() -> told.get() == 1 && link.stats().inFlight() == 0);
    }
  }

  @Test
  void whatIsAnsweredAfterTheCallerHasGoneIsDropped() throws Exception {
    CompletableFuture<InboundCall> held = new CompletableFuture<>();
    try (Link link =
        link(
            call -> {
              if (!held.complete(call)) {
                call.reply(new byte[] {2});
              }
            })) {
      assertThatThrownBy(() -> link.call(header(1, Duration.ofMillis(20)), NOTHING))
          .isInstanceOf(LinkException.class);
      PluginProcess.await(() -> held.get().isOver() && link.stats().inFlight() == 0);

      held.get().reply(new byte[] {1});

      assertThat(link.call(header(1, LONG), NOTHING)).containsExactly(2);
    }
  }

  @Test
  void aStreamThatFailsGivesItsMessagesFirst() throws Exception {
    Status status = Status.newBuilder().setCode(Code.ABORTED_VALUE).build();
    try (Link link =
            link(
                call ->
                    virtual(
                        () -> {
                          call.send(new byte[] {1});
                          call.fail(status);
                        }));
        Exchange stream = link.open(header(1, LONG), NOTHING)) {
      assertThat(stream.receive()).containsExactly(1);
      assertThatThrownBy(stream::receive)
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.status()).isEqualTo(status));
    }
  }

  @Test
  void closingAStreamStopsItsSender() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    try (Link link =
        link(
            call ->
                virtual(
                    () -> {
                      while (call.send(new byte[10])) {
                        // Until the caller has gone.
                      }
                      stopped.countDown();
                    }))) {
      Exchange stream = link.open(header(1, LONG), NOTHING);
      assertThat(stream.receive()).hasSize(10);

      stream.close();

      assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(stream::receive).isInstanceOf(LinkException.class);
      PluginProcess.await(() -> link.stats().inFlight() == 0);
    }
  }

  @Test
  void aStreamEndsAtItsDeadlineAtBothEnds() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (Link link =
            link(
                call ->
                    virtual(
                        () -> {
                          if (call.receive() == null) {
                            over.countDown();
                          }
                        }));
        Exchange stream = link.open(header(1, Duration.ofMillis(50)), NOTHING)) {
      assertThatThrownBy(stream::receive)
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
      assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aStreamThatAnotherThreadFailsWakesWhoeverReceivesOnIt() throws Exception {
    CompletableFuture<InboundCall> held = new CompletableFuture<>();
    CompletableFuture<Boolean> received = new CompletableFuture<>();
    CompletableFuture<Thread> receiver = new CompletableFuture<>();
    try (Link link =
            link(
                call -> {
                  held.complete(call);
                  receiver.complete(
                      Thread.startVirtualThread(() -> received.complete(call.receive() != null)));
                });
        Exchange stream = link.open(header(1, LONG), NOTHING)) {
      PluginProcess.await(() -> receiver.get().getState() == Thread.State.WAITING);

      held.get().fail(Status.newBuilder().setCode(Code.ABORTED_VALUE).build());

      assertThat(received.get(10, TimeUnit.SECONDS)).isFalse();
      assertThatThrownBy(stream::receive).isInstanceOf(LinkException.class);
    }
  }

  @Test
  void aStreamThatAnotherThreadFailsWakesWhoeverSendsOnIt() throws Exception {
    CompletableFuture<InboundCall> held = new CompletableFuture<>();
    CompletableFuture<Boolean> sent = new CompletableFuture<>();
    CompletableFuture<Thread> sender = new CompletableFuture<>();
    try (Link link =
            link(
                call -> {
                  held.complete(call);
                  sender.complete(
                      Thread.startVirtualThread(
                          () -> {
                            boolean taken = true;
                            while (taken) {
                              taken = call.send(new byte[10]);
                            }
                            sent.complete(taken);
                          }));
                });
        Exchange stream = link.open(header(1, LONG), NOTHING)) {
      assertThat(stream.receive()).hasSize(10); // and no more: the sender runs out of credit
      PluginProcess.await(() -> sender.get().getState() == Thread.State.WAITING);

      held.get().fail(Status.newBuilder().setCode(Code.ABORTED_VALUE).build());

      assertThat(sent.get(10, TimeUnit.SECONDS)).isFalse();
    }
  }

  @Test
  void aSenderWithoutCreditWaitsForTheTaker() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    try (Link link =
            link(
                call ->
                    virtual(
                        () -> {
                          try {
                            go.await();
                          } catch (InterruptedException e) {
                            throw new AssertionError(e);
                          }
                          while (call.receive() != null) {
                            taken.incrementAndGet();
                          }
                          call.end();
                        }));
        Exchange stream = link.open(header(1, LONG), NOTHING)) {
      AtomicInteger sent = new AtomicInteger();
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                try {
                  for (int i = 0; i < 500; i++) {
                    stream.send(new byte[100]);
                    sent.incrementAndGet();
                  }
                  stream.halfClose();
                } catch (LinkException e) {
                  throw new AssertionError(e);
                }
              });
      PluginProcess.await(
          () ->
              sent.get() == StreamInbox.WINDOW_MESSAGES
                  && sender.getState() == Thread.State.WAITING);

      go.countDown();

      assertThat(stream.receive()).isNull();
      assertThat(taken.get()).isEqualTo(500);
    }
  }

  @Test
  void aLargeAnswerMadeOnTheConsumerThreadDoesNotHoldItUp() throws Exception {
    byte[] large = new byte[3 << 20];
    try (Link link = link(call -> call.reply(large))) {
      assertThat(link.call(header(1, LONG), NOTHING)).hasSize(large.length);
    }
  }

  @Test
  void closingALinkEndsWhatIsInFlight() throws Exception {
    Link link = link(call -> {});
    CompletableFuture<Kind> outcome = new CompletableFuture<>();
    virtual(
        () -> {
          try {
            link.call(header(1, LONG), NOTHING);
          } catch (LinkException e) {
            outcome.complete(e.kind());
          }
        });
    PluginProcess.await(() -> link.stats().inFlight() == 1);

    link.close();

    assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Kind.PEER_DIED);
    assertThat(link.state()).isEqualTo(Link.State.DOWN);
  }
}
