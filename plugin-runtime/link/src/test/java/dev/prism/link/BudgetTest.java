package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.link.LinkException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hazard 16: how many bytes are held at once. */
@Timeout(30)
class BudgetTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final byte[] NOTHING = new byte[0];
  private static final int MEGABYTE = 1 << 20;
  private static final int MOST_OF_IT = 700_000;
  private static final int ECHO = 1;
  private static final int HOLD = 2;
  private static final int SEND_LARGE = 3;

  private final ByteBudget replies = new ByteBudget(MEGABYTE);
  private final LinkedBlockingQueue<InboundCall> held = new LinkedBlockingQueue<>();

  /** A link to a plugin that takes messages of a megabyte and {@code pending} bytes of them. */
  private Link link(long pending) {
    return InProcessLink.connect(
        new LinkConfig(MEGABYTE, 64, replies, true),
        new Hello(Hello.LINK_VERSION, "proxy", "1", Set.of(), MEGABYTE, MEGABYTE),
        new Hello(Hello.LINK_VERSION, "test", "1", Set.of(), MEGABYTE, pending),
        call -> {
          switch (call.header().operation()) {
            case HOLD -> held.add(call);
            case SEND_LARGE ->
                Thread.startVirtualThread(
                    () -> {
                      call.send(new byte[MOST_OF_IT]);
                      call.end();
                    });
            default -> call.reply(NOTHING);
          }
        });
  }

  private static CompletableFuture<Kind> hold(Link link, int bytes) {
    CompletableFuture<Kind> outcome = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            link.call(header(HOLD, LONG), new byte[bytes]);
            outcome.complete(null);
          } catch (LinkException e) {
            outcome.complete(e.kind());
          }
        });
    return outcome;
  }

  private InboundCall next() throws InterruptedException {
    InboundCall call = held.poll(10, TimeUnit.SECONDS);
    assertThat(call).isNotNull();
    return call;
  }

  /** Time for whatever would be on its way to arrive: calls that pass it by. */
  private static void pass(Link link) throws Exception {
    for (int i = 0; i < 200; i++) {
      link.call(header(ECHO, LONG), NOTHING);
    }
  }

  @Test
  void aLargeRequestWaitsUntilThePluginHasDoneWithThoseBeforeIt() throws Exception {
    try (Link link = link(MEGABYTE)) {
      CompletableFuture<Kind> first = hold(link, MOST_OF_IT);
      InboundCall inPlugin = next();
      CompletableFuture<Kind> second = hold(link, MOST_OF_IT);
      PluginProcess.await(() -> link.stats().inFlight() == 2);
      pass(link);
      assertThat(held).isEmpty();

      inPlugin.reply(NOTHING);

      next().reply(NOTHING);
      assertThat(first.get(10, TimeUnit.SECONDS)).isNull();
      assertThat(second.get(10, TimeUnit.SECONDS)).isNull();
    }
  }

  @Test
  void requestsOfOneFrameBeyondTheirQuarterAreRefusedAtOnce() throws Exception {
    try (Link link = link(MEGABYTE / 8)) {
      CompletableFuture<Kind> first = hold(link, Frame.FRAGMENT_BYTES);
      CompletableFuture<Kind> second = hold(link, Frame.FRAGMENT_BYTES);
      InboundCall one = next();
      InboundCall other = next();

      Kind third = hold(link, Frame.FRAGMENT_BYTES).get(10, TimeUnit.SECONDS);

      assertThat(third).isEqualTo(Kind.FULL);
      one.reply(NOTHING);
      other.reply(NOTHING);
      assertThat(first.get(10, TimeUnit.SECONDS)).isNull();
      assertThat(second.get(10, TimeUnit.SECONDS)).isNull();
      CompletableFuture<Kind> fourth = hold(link, Frame.FRAGMENT_BYTES);
      next().reply(NOTHING);
      assertThat(fourth.get(10, TimeUnit.SECONDS)).isNull();
    }
  }

  @Test
  void aLargeAnswerWaitsUntilThoseBeforeItAreTaken() throws Exception {
    try (Link link = link(MEGABYTE);
        Exchange first = link.open(header(SEND_LARGE, LONG), NOTHING)) {
      PluginProcess.await(() -> link.stats().bytesReceived() == MOST_OF_IT);
      try (Exchange second = link.open(header(SEND_LARGE, LONG), NOTHING)) {
        pass(link);
        assertThat(link.stats().bytesReceived()).isEqualTo(MOST_OF_IT);
        assertThat(replies.used()).isEqualTo(MOST_OF_IT);

        assertThat(first.receive()).hasSize(MOST_OF_IT);

        assertThat(second.receive()).hasSize(MOST_OF_IT);
      }
    }
    PluginProcess.await(() -> replies.used() == 0);
  }

  @Test
  void bytesAreGivenFirstComeFirstServed() {
    ByteBudget budget = new ByteBudget(100);
    List<Integer> granted = new ArrayList<>();
    ByteBudget.Reservation first = budget.reserve("a", 80, () -> granted.add(1));
    ByteBudget.Reservation second = budget.reserve("a", 30, () -> granted.add(2));
    budget.reserve("a", 10, () -> granted.add(3));
    assertThat(granted).containsExactly(1);

    first.close();
    first.close();

    assertThat(granted).containsExactly(1, 2, 3);
    second.close();
    assertThat(budget.used()).isEqualTo(10);
  }

  @Test
  void anOwnerOverHalfWaitsBehindOneThatIsNot() {
    ByteBudget budget = new ByteBudget(100);
    List<String> granted = new ArrayList<>();
    ByteBudget.Reservation first = budget.reserve("a", 50, () -> granted.add("a1"));
    ByteBudget.Reservation second = budget.reserve("a", 50, () -> granted.add("a2"));
    budget.reserve("a", 50, () -> granted.add("a3"));
    budget.reserve("b", 50, () -> granted.add("b1"));

    second.close();

    assertThat(granted).containsExactly("a1", "a2", "b1");
    first.close();
    assertThat(granted).containsExactly("a1", "a2", "b1", "a3");
  }

  @Test
  void leavingTheLineLetsTheNextGo() {
    ByteBudget budget = new ByteBudget(100);
    List<Integer> granted = new ArrayList<>();
    budget.reserve("a", 60, () -> granted.add(1));
    ByteBudget.Reservation large = budget.reserve("a", 90, () -> granted.add(2));
    budget.reserve("a", 40, () -> granted.add(3));

    large.close();

    assertThat(granted).containsExactly(1, 3);
  }
}
