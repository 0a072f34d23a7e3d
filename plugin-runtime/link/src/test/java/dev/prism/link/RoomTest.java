package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.link.LinkException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hazards 15 and 16: who may use how much of a link. */
@Timeout(30)
class RoomTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final byte[] NOTHING = new byte[0];

  private static LinkMemory memory(int ringBytes, int calls) {
    LinkConfig config = new LinkConfig(ringBytes, calls, new ByteBudget(1), true);
    return LinkMemory.create(
        ByteBuffer.allocateDirect(LinkMemory.size(ringBytes)), config, 1, LinkMemory.PARKING);
  }

  @Test
  void everyCallInFlightCanBeAnsweredHoweverFullTheRingIsOfMessages() throws Exception {
    int calls = (1 << 19) / LinkConfig.RESERVED_BYTES;
    RingSender sender = new RingSender(memory(1 << 20, calls).responses, 1);
    byte[] message = new byte[Frame.FRAGMENT_BYTES];
    while (sender.trySendMessage(Frame.MESSAGE, 0, message)) {
      // Streams take what they may.
    }
    assertThat(sender.sendMessage(Frame.MESSAGE, 0, message, () -> true)).isFalse();

    // Half a record is lost where the ring wraps, and streams may have gone over by one message.
    for (int i = 0; i < calls - 32; i++) {
      sender.sendAlways(Frame.REPLY, i, new byte[Frame.SMALL_BYTES]);
    }

    assertThat(sender.poll()).as("nothing queued for want of room").isFalse();
  }

  @Test
  void whatFindsNoRoomIsSentWhenThereIsSomeAndInOrder() {
    LinkMemory memory = memory(1 << 20, 400);
    RingSender sender = new RingSender(memory.responses, 1);
    for (int i = 0; i < 1200; i++) {
      sender.sendAlways(Frame.REPLY, i, new byte[Frame.SMALL_BYTES]);
    }
    assertThat(sender.poll()).isTrue();

    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      memory.responses.ring().read((kind, buffer, at, length) -> ids.add(Frame.id(buffer, at)));
      sender.sendAlways(Frame.REPLY, 1200 + i, new byte[Frame.SMALL_BYTES]);
      sender.poll();
    }
    memory.responses.ring().read((kind, buffer, at, length) -> ids.add(Frame.id(buffer, at)));

    assertThat(ids).hasSize(1210).isSorted();
  }

  @Test
  void aRingFullOfCallsHasRoomForTheirCancellations() {
    int calls = (1 << 19) / LinkConfig.RESERVED_BYTES;
    RingSender sender = new RingSender(memory(1 << 20, calls).requests, 1);
    while (sender.trySendCall(Frame.REQUEST, 0, header(1, LONG), new byte[Frame.SMALL_BYTES])) {
      // Calls take what they may.
    }

    for (int i = 0; i < calls; i++) {
      sender.sendAlways(Frame.CANCEL, i);
    }

    assertThat(sender.poll()).as("nothing queued for want of room").isFalse();
  }

  @Test
  void fragmentsTakeNoMoreThanTheirShareOfTheRing() throws Exception {
    LinkMemory memory = memory(1 << 20, 400);
    RingSender sender = new RingSender(memory.responses, 1);
    byte[] large = new byte[1 << 20];
    Thread.startVirtualThread(
        () -> {
          try {
            sender.sendFragments(1, large, () -> false);
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });

    PluginProcess.await(() -> memory.responses.used() >= RingSender.BULK_BYTES);

    assertThat(memory.responses.used())
        .isLessThanOrEqualTo(RingSender.BULK_BYTES + Frame.FRAGMENT_BYTES + 64);
    sender.close();
  }

  @Test
  void twoLargeMessagesTakeTurns() throws Exception {
    LinkMemory memory = memory(1 << 20, 400);
    RingSender sender = new RingSender(memory.responses, 1);
    byte[] large = new byte[1 << 20];
    List<Thread> senders = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      int id = i;
      senders.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  sender.sendFragments(id, large, () -> false);
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }));
    }

    List<Long> order = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      // One waits for room and one for its turn; then there is room for one fragment.
      PluginProcess.await(
          () ->
              memory.responses.used() >= RingSender.BULK_BYTES
                  && senders.stream().allMatch(RoomTest::isWaiting));
      memory
          .responses
          .ring()
          .read((kind, buffer, at, length) -> order.add(Frame.id(buffer, at)), 1);
      sender.poll();
    }

    int turns = 0;
    for (int i = 21; i < 60; i++) {
      turns += order.get(i).equals(order.get(i - 1)) ? 0 : 1;
    }
    assertThat(turns).as("of 39").isGreaterThan(33);
    sender.close();
  }

  private static boolean isWaiting(Thread thread) {
    Thread.State state = thread.getState();
    return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
  }

  @Test
  void aNamespaceThatHoldsHalfLeavesTheRestToOthers() throws Exception {
    Queue<InboundCall> held = new ConcurrentLinkedQueue<>();
    LinkConfig config = new LinkConfig(1 << 20, 64, new ByteBudget(32 << 20), true);
    try (Link link =
            InProcessLink.connect(config, PluginProcess.hello(), TestPlugin.hello(), held::add);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Kind>> greedy = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        greedy.add(callers.submit(() -> outcome(link, "greedy")));
      }
      // Alone it may have seven eighths ...
      PluginProcess.await(() -> greedy.stream().filter(Future::isDone).count() == 8);
      PluginProcess.await(() -> held.size() == 56);

      // ... a second namespace finds room at once, and then the first gets no more than half.
      Future<Kind> modest = callers.submit(() -> outcome(link, "modest"));
      PluginProcess.await(() -> held.size() == 57);
      for (int i = 0; i < 10; i++) {
        answer(held, "greedy");
      }
      assertThat(callers.submit(() -> outcome(link, "greedy")).get(5, TimeUnit.SECONDS))
          .isEqualTo(Kind.FULL);

      while (!held.isEmpty()) {
        held.remove().reply(NOTHING);
      }
      assertThat(modest.get(5, TimeUnit.SECONDS)).isNull();
    }
  }

  private static void answer(Queue<InboundCall> held, String namespace) {
    for (InboundCall call : held) {
      if (call.header().namespace().equals(namespace)) {
        held.remove(call);
        call.reply(NOTHING);
        return;
      }
    }
  }

  private static Kind outcome(Link link, String namespace) {
    try {
      link.call(header(1, namespace, LONG), NOTHING);
      return null;
    } catch (LinkException e) {
      return e.kind();
    }
  }

  @Test
  void aMessageLargerThanThePeerTakesIsRefusedUnsent() {
    try (Link link =
        InProcessLink.connect(
            PluginProcess.hello(), TestPlugin.hello(), call -> call.reply(NOTHING))) {
      assertThatThrownBy(() -> link.call(header(1, LONG), new byte[TestPlugin.MAX_MESSAGE + 1]))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOO_LARGE));
      assertThat(link.stats().calls()).isZero();
    }
  }

  @Test
  void anAnswerLargerThanTheProxyTakesIsAStatus() {
    byte[] huge = new byte[PluginProcess.hello().maxMessageBytes() + 1];
    try (Link link =
        InProcessLink.connect(
            PluginProcess.hello(), TestPlugin.hello(), call -> call.reply(huge))) {
      assertThatThrownBy(() -> link.call(header(1, LONG), NOTHING))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REMOTE));
    }
  }
}
