package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The plugin's end before a proxy that says whatever a test says: hazards 14, 17 and 19. */
@Timeout(30)
class PluginEndTest {
  private static final int INCARNATION = 5;
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final byte[] NOTHING = new byte[0];

  private final LinkMemory memory =
      LinkMemory.create(
          ByteBuffer.allocateDirect(LinkMemory.SMALLEST),
          new LinkConfig(1 << 20, 100, new ByteBudget(1), true),
          INCARNATION,
          LinkMemory.PARKING);
  private final RingSender proxy = new RingSender(memory.requests, INCARNATION);
  private final LinkedBlockingQueue<InboundCall> calls = new LinkedBlockingQueue<>();

  private PluginEnd attach() {
    proxy.sendAlways(Frame.HELLO, 0, HelloCodec.encode(PluginProcess.hello()));
    return PluginEnd.attach(memory, TestPlugin.hello(), calls::add);
  }

  private static CompletableFuture<IOException> run(PluginEnd end) {
    CompletableFuture<IOException> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                end.run();
                ended.complete(null);
              } catch (IOException e) {
                ended.complete(e);
              }
            });
    return ended;
  }

  private InboundCall next() throws InterruptedException {
    InboundCall call = calls.poll(10, TimeUnit.SECONDS);
    assertThat(call).isNotNull();
    return call;
  }

  @Test
  void whatIsSaidOfASlotsEarlierCallDoesNotTouchItsNext() throws Exception {
    try (PluginEnd end = attach()) {
      run(end);
      proxy.trySendCall(Frame.REQUEST, Frame.id(3, 1), header(1, LONG), NOTHING);
      next().reply(NOTHING);
      proxy.trySendCall(Frame.REQUEST, Frame.id(3, 2), header(1, LONG), NOTHING);
      InboundCall second = next();

      proxy.sendAlways(Frame.CANCEL, Frame.id(3, 1));

      proxy.trySendCall(Frame.REQUEST, Frame.id(4, 1), header(1, LONG), NOTHING);
      next(); // so the cancellation before it has been looked at
      assertThat(second.isOver()).isFalse();
    }
  }

  @Test
  void aFrameForAnotherIncarnationEndsTheLink() throws Exception {
    try (PluginEnd end = attach()) {
      CompletableFuture<IOException> ended = run(end);

      new RingSender(memory.requests, INCARNATION - 1)
          .trySendCall(Frame.REQUEST, Frame.id(3, 1), header(1, LONG), NOTHING);

      assertThat(ended.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(ProtocolViolation.class);
      assertThat(calls).isEmpty();
    }
  }

  @Test
  void aCallThatComesAfterItsDeadlineIsGivenBackUntouched() throws Exception {
    try (PluginEnd end = attach()) {
      run(end);

      proxy.trySendCall(Frame.REQUEST, Frame.id(3, 1), header(1, Duration.ZERO), NOTHING);
      proxy.trySendCall(Frame.REQUEST, Frame.id(4, 1), header(1, LONG), NOTHING);

      next().reply(NOTHING);
      assertThat(calls).isEmpty();
      List<Integer> kinds = new ArrayList<>();
      PluginProcess.await(
          () -> {
            memory.responses.ring().read((kind, buffer, at, length) -> kinds.add(kind));
            return kinds.size() == 3;
          });
      assertThat(kinds).containsExactly(Frame.HELLO, Frame.RELEASED, Frame.REPLY);
    }
  }

  @Test
  void answersOfOneFrameLeaveTheRoomOfSmallOnesAlone() throws Exception {
    try (PluginEnd end = attach()) {
      run(end);
      for (int i = 0; i < 64; i++) {
        proxy.trySendCall(Frame.REQUEST, Frame.id(i, 1), header(1, LONG), NOTHING);
        InboundCall call = next();
        Thread.startVirtualThread(() -> call.reply(new byte[Frame.FRAGMENT_BYTES]));
      }

      PluginProcess.await(() -> used(memory.responses) >= 1 << 19);

      assertThat(used(memory.responses)).isLessThan((1 << 19) + 2 * Frame.FRAGMENT_BYTES);
      proxy.trySendCall(Frame.REQUEST, Frame.id(64, 1), header(1, LONG), NOTHING);
      long before = used(memory.responses);
      next().reply(new byte[Frame.SMALL_BYTES]);
      assertThat(used(memory.responses)).isGreaterThan(before);
    }
  }

  private static long used(LinkMemory.Lane lane) {
    return lane.ring().producerPosition() - lane.ring().consumerPosition();
  }

  @Test
  void aConsumerOnAVirtualThreadIsRefused() {
    try (PluginEnd end = attach()) {
      CompletableFuture<Void> run =
          CompletableFuture.runAsync(
              () -> {
                try {
                  end.run();
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              },
              Thread::startVirtualThread);

      assertThatThrownBy(() -> run.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IllegalStateException.class);
    }
  }
}
