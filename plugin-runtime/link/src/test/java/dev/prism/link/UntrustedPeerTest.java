package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.link.LinkException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hazard 12: a plugin can end its own link, and nothing else. */
class UntrustedPeerTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final byte[] NOTHING = new byte[0];

  /** What a broken or hostile plugin does while a unary call is in flight. */
  enum Violation {
    HEADER_LONGER_THAN_THE_FRAME(
        (peer, id) -> peer.send(Frame.REPLY, id, 77, 4000, 0, 0, 0, new byte[100])),
    HEADER_SHORTER_THAN_A_HEADER(
        (peer, id) -> peer.send(Frame.REPLY, id, 77, 3, 0, 0, 0, new byte[100])),
    FRAME_SHORTER_THAN_A_HEADER((peer, id) -> record(peer, 16, Frame.REPLY)),
    RECORD_OF_A_GIBIBYTE((peer, id) -> record(peer, 1 << 30, Frame.REPLY)),
    RECORD_OF_ALL_THE_RING((peer, id) -> record(peer, 1 << 20, Frame.REPLY)),
    RECORD_LONGER_THAN_AN_INT_ALIGNED((peer, id) -> record(peer, Integer.MAX_VALUE, Frame.REPLY)),
    PADDING_BEYOND_THE_RING((peer, id) -> record(peer, Integer.MAX_VALUE, -1)),
    BODY_LARGER_THAN_A_FRAGMENT(
        (peer, id) -> peer.send(Frame.REPLY, id, 0, 0, 0, new byte[Frame.FRAGMENT_BYTES + 1])),
    KIND_UNKNOWN((peer, id) -> peer.send(99, id, 0, 0, 0, NOTHING)),
    SLOT_BEYOND_THE_TABLE((peer, id) -> peer.send(Frame.REPLY, id | 0xffff, 0, 0, 0, NOTHING)),
    ANNOUNCED_TWO_GIBIBYTES(
        (peer, id) -> peer.send(Frame.REPLY, id, Frame.ANNOUNCED, Integer.MAX_VALUE, 0, NOTHING)),
    ANNOUNCED_LESS_THAN_NOTHING(
        (peer, id) -> peer.send(Frame.REPLY, id, Frame.ANNOUNCED, -1, 0, NOTHING)),
    ANNOUNCED_TWICE(
        (peer, id) -> {
          peer.send(Frame.REPLY, id, Frame.ANNOUNCED, 100_000, 0, NOTHING);
          peer.send(Frame.REPLY, id, Frame.ANNOUNCED, 100_000, 0, NOTHING);
        }),
    FRAGMENT_OF_NOTHING((peer, id) -> peer.send(Frame.FRAGMENT, id, 0, 0, 0, new byte[10])),
    FRAGMENT_BEFORE_ITS_ROOM(
        (peer, id) -> {
          peer.send(Frame.REPLY, id, Frame.ANNOUNCED, 100_000, 0, NOTHING);
          peer.send(Frame.FRAGMENT, id, 0, 100_000, 50_000, new byte[10]);
        }),
    FRAGMENT_BEYOND_THE_MESSAGE(
        (peer, id) -> {
          peer.send(Frame.REPLY, id, Frame.ANNOUNCED, 20_000, 0, NOTHING);
          peer.takeId(Frame.CLEAR);
          peer.send(Frame.FRAGMENT, id, 0, 20_000, 0, new byte[16_000]);
          peer.send(Frame.FRAGMENT, id, 0, 20_000, 16_000, new byte[16_000]);
        }),
    STREAM_MESSAGE_TO_A_UNARY_CALL((peer, id) -> peer.send(Frame.MESSAGE, id, 0, 1, 0, NOTHING)),
    CREDIT_FOR_A_UNARY_CALL((peer, id) -> peer.send(Frame.CREDIT, id, 0, 1, 1, NOTHING)),
    HELLO_AGAIN(
        (peer, id) -> peer.send(Frame.HELLO, 0, 0, 0, 0, HelloCodec.encode(PluginProcess.hello()))),
    HELLO_CUT_SHORT((peer, id) -> peer.send(Frame.HELLO, 0, 0, 0, 0, new byte[7])),
    STATUS_THAT_IS_NONE((peer, id) -> peer.send(Frame.FAIL, id, 0, 3, 0, new byte[] {-1, -1, -1})),
    CONSUMER_POSITION_BEYOND_ALL(
        (peer, id) -> {
          position(peer, RingBufferDescriptor.HEAD_POSITION_OFFSET, Long.MAX_VALUE);
          record(peer, 1 << 30, Frame.REPLY);
        });

    private final BiConsumer<RawPeer, Long> act;

    Violation(BiConsumer<RawPeer, Long> act) {
      this.act = act;
    }

    /** Writes a record of a length that no producer could claim, where the next is read. */
    private static void record(RawPeer peer, int length, int kind) {
      AtomicBuffer buffer = peer.memory.responses.ring().buffer();
      awaitRead(peer);
      int at = (int) peer.memory.responses.ring().consumerPosition() & (1 << 20) - 1;
      buffer.putInt(at + 4, kind);
      buffer.putIntRelease(at, length);
      peer.memory.responses.bell().ring();
    }

    /** The hello's room is cleared, and the consumer's position written, only after its batch. */
    private static void awaitRead(RawPeer peer) {
      while (peer.memory.responses.ring().size() > 0) {
        Thread.onSpinWait();
      }
    }

    private static void position(RawPeer peer, int offset, long value) {
      awaitRead(peer);
      peer.memory.responses.ring().buffer().putLongVolatile((1 << 20) + offset, value);
    }
  }

  @ParameterizedTest
  @EnumSource(Violation.class)
  void aViolationEndsThatLinkAndNothingElse(Violation violation) throws Exception {
    try (RawPeer peer = new RawPeer();
        Link other =
            InProcessLink.connect(
                PluginProcess.hello(), TestPlugin.hello(), call -> call.reply(call.request()))) {
      peer.link.await(LONG);
      CompletableFuture<Kind> outcome = call(peer);
      long id = peer.takeId(Frame.REQUEST);

      violation.act.accept(peer, id);

      assertThat(outcome.get()).isEqualTo(Kind.PEER_DIED);
      assertThat(peer.link.state()).isEqualTo(Link.State.DOWN);
      assertThatThrownBy(() -> peer.link.call(PluginProcess.header(1, LONG), NOTHING))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DOWN));
      assertThat(other.call(PluginProcess.header(1, LONG), new byte[3])).hasSize(3);
      PluginProcess.await(() -> peer.budget.used() == 0);
    }
  }

  private static CompletableFuture<Kind> call(RawPeer peer) {
    CompletableFuture<Kind> outcome = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            peer.link.call(PluginProcess.header(1, LONG), new byte[10]);
            outcome.completeExceptionally(new AssertionError("an answer"));
          } catch (LinkException e) {
            outcome.complete(e.kind());
          }
        });
    return outcome;
  }

  @Test
  void moreOfAStreamThanWasGrantedEndsTheLink() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      try (Exchange stream = peer.link.open(PluginProcess.header(1, LONG), NOTHING)) {
        long id = peer.takeId(Frame.OPEN);

        for (int i = 0; i <= StreamInbox.WINDOW_MESSAGES; i++) {
          peer.send(Frame.MESSAGE, id, 0, 1, 0, new byte[1]);
        }

        PluginProcess.await(() -> peer.link.state() == Link.State.DOWN);
        assertThatThrownBy(() -> readAll(stream)).isInstanceOf(LinkException.class);
      }
    }
  }

  /** What a plugin sends of a stream before it has read that nobody takes it any more. */
  enum Rest {
    THE_END((peer, id) -> {}),
    ANOTHER_MESSAGE((peer, id) -> peer.send(Frame.MESSAGE, id, 0, 1, 0, new byte[1])),
    ANOTHER_LARGE_MESSAGE(
        (peer, id) -> peer.send(Frame.MESSAGE, id, Frame.ANNOUNCED, 20_000, 0, NOTHING));

    private final BiConsumer<RawPeer, Long> act;

    Rest(BiConsumer<RawPeer, Long> act) {
      this.act = act;
    }
  }

  @ParameterizedTest
  @EnumSource(Rest.class)
  void aStreamThatIsClosedAmidALargeMessageMayGoOnUntilThePluginHasReadIt(Rest rest)
      throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      Exchange stream = peer.link.open(PluginProcess.header(1, LONG), NOTHING);
      long id = peer.takeId(Frame.OPEN);
      peer.send(Frame.MESSAGE, id, Frame.ANNOUNCED, 20_000, 0, NOTHING);
      peer.takeId(Frame.CLEAR);
      peer.send(Frame.FRAGMENT, id, 0, 20_000, 0, new byte[16_000]);
      stream.close();

      peer.send(Frame.FRAGMENT, id, 0, 20_000, 16_000, new byte[4_000]);
      rest.act.accept(peer, id);
      peer.send(
          rest == Rest.ANOTHER_LARGE_MESSAGE ? Frame.RELEASED : Frame.END, id, 0, 0, 0, NOTHING);

      PluginProcess.await(() -> peer.link.stats().inFlight() == 0);
      assertThat(peer.link.state()).isEqualTo(Link.State.UP);
      assertThat(peer.budget.used()).isZero();
    }
  }

  /** To its end, or its failure: what had come before that is still there to be read. */
  private static void readAll(Exchange stream) throws LinkException {
    while (stream.receive() != null) {
      // On.
    }
  }

  @Test
  void moreCreditThanAWindowEndsTheLink() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      try (Exchange stream = peer.link.open(PluginProcess.header(1, LONG), NOTHING)) {
        long id = peer.takeId(Frame.OPEN);

        peer.send(Frame.CREDIT, id, 0, 0, 1, NOTHING);

        PluginProcess.await(() -> peer.link.state() == Link.State.DOWN);
        assertThatThrownBy(stream::receive).isInstanceOf(LinkException.class);
      }
    }
  }

  @Test
  void aHeaderThatGrowsAfterItWasCheckedIsAViolation() {
    UnsafeBuffer frame = new UnsafeBuffer(new byte[64]);
    Frame.write(frame, 0, 1, 1, Frame.SHORT_HEADER, 0, 0, 0);
    Frame.check(frame, 0, 40, 64);

    Frame.write(frame, 0, 1, 1, 41, 0, 0, 0);

    assertThatThrownBy(() -> Frame.body(frame, 0, 40)).isInstanceOf(ProtocolViolation.class);
  }

  @Test
  void positionsThatJumpAboutNeitherHangNorThrow() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      AtomicBuffer requests = peer.memory.requests.ring().buffer();
      int tail = (1 << 20) + RingBufferDescriptor.TAIL_POSITION_OFFSET;
      int head = (1 << 20) + RingBufferDescriptor.HEAD_POSITION_OFFSET;
      for (long value : new long[] {Long.MIN_VALUE, -1, 3, (1 << 20) - 3, 1L << 40, -8}) {
        requests.putLongVolatile(tail, value);
        requests.putLongVolatile(head, -value);

        assertThatThrownBy(
                () -> peer.link.call(PluginProcess.header(1, Duration.ofMillis(50)), NOTHING))
            .isInstanceOf(LinkException.class);
        assertThat(peer.link.stats().requestRingBytes()).isBetween(0L, 1L << 20);
      }
    }
  }

  @Test
  void anAnswerOfAnotherIncarnationOrToAnEndedCallIsCountedAndDropped() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      CompletableFuture<byte[]> answer = new CompletableFuture<>();
      Thread.startVirtualThread(
          () -> {
            try {
              answer.complete(peer.link.call(PluginProcess.header(1, LONG), NOTHING));
            } catch (LinkException e) {
              answer.completeExceptionally(e);
            }
          });
      long id = peer.takeId(Frame.REQUEST);

      peer.send(Frame.REPLY, id, 78, Frame.SHORT_HEADER, 0, 1, 0, new byte[] {1});
      peer.send(Frame.REPLY, id + (1 << 16), 0, 1, 0, new byte[] {2});
      peer.send(Frame.REPLY, id - (1 << 16), 0, 1, 0, new byte[] {3});
      peer.send(Frame.REPLY, id, 0, 1, 0, new byte[] {4});
      peer.send(Frame.REPLY, id, 0, 1, 0, new byte[] {5});

      assertThat(answer.get()).containsExactly(4);
      PluginProcess.await(() -> peer.link.stats().lateReplies() == 4);
      assertThat(peer.link.state()).isEqualTo(Link.State.UP);
    }
  }

  @Test
  void anAnswerAfterTheDeadlineIsCountedAndItsSlotIsFreeThen() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      assertThatThrownBy(
              () -> peer.link.call(PluginProcess.header(1, Duration.ofMillis(20)), NOTHING))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
      long id = peer.takeId(Frame.CANCEL);
      assertThat(peer.link.stats().inFlight()).isEqualTo(1);

      peer.send(Frame.REPLY, id, 0, 1, 0, new byte[] {1});

      PluginProcess.await(() -> peer.link.stats().inFlight() == 0);
      assertThat(peer.link.stats().lateReplies()).isEqualTo(1);
    }
  }

  @Test
  @Tag("conformance")
  void aFrameThatIsNeverFinishedEndsTheLink() throws Exception {
    try (RawPeer peer = new RawPeer()) {
      peer.link.await(LONG);
      CompletableFuture<Kind> outcome = call(peer);
      peer.takeId(Frame.REQUEST);

      peer.memory.responses.ring().tryClaim(Frame.REPLY, 100);

      while (!outcome.isDone()) {
        peer.memory.requests.ring().consumerHeartbeatTime(System.nanoTime());
        Thread.sleep(20);
      }
      assertThat(outcome.get()).isEqualTo(Kind.PEER_DIED);
    }
  }

  @Test
  void theVersionBeforeIsAccepted() throws Exception {
    try (RawPeer peer = new RawPeer(Hello.LINK_VERSION - 1)) {
      peer.link.await(LONG);

      assertThat(peer.link.peer().linkVersion()).isEqualTo(Hello.LINK_VERSION - 1);
    }
  }

  @Test
  void aVersionToComeIsRefused() {
    try (RawPeer peer = new RawPeer(Hello.LINK_VERSION + 1)) {
      assertThatThrownBy(() -> peer.link.await(LONG))
          .isInstanceOfSatisfying(
              LinkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DOWN));
    }
  }
}
