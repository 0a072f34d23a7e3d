package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An empty ring goes on at its start: what is touched of it is what was in use at once. */
@Timeout(60)
class BeginAnewTest {
  private static final int RING = LinkConfig.MIN_RING_BYTES;
  private static final int SENDERS = 3;
  private static final int FRAMES = 200_000;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(40);

  private final LinkMemory.Lane lane =
      LinkMemory.create(
              ByteBuffer.allocateDirect(LinkMemory.SMALLEST),
              new LinkConfig(RING, 100, new ByteBudget(1), true),
              1,
              LinkMemory.PARKING)
          .requests;
  private final RingSender sender = new RingSender(lane, 1);
  private final AtomicLong received = new AtomicLong();
  private final CompletableFuture<String> broken = new CompletableFuture<>();
  private final long begun = System.nanoTime();
  private final int[] next = new int[SENDERS];
  private final Thread consumer = new Thread(this::consume);
  private RingReceiver receiver;

  @BeforeEach
  void start() {
    receiver =
        new RingReceiver(
            lane,
            lane.bell(),
            new RingReceiver.Owner() {
              @Override
              public void onFrame(int kind, DirectBuffer buffer, int at, int length) {
                look((int) Frame.id(buffer, at), Frame.body(buffer, at, length));
                received.incrementAndGet();
              }

              @Override
              public void onBatchEnd() {}

              @Override
              public long onTick(long now) {
                return 1_000_000;
              }
            });
    consumer.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    receiver.stop();
    consumer.join();
  }

  private void consume() {
    try {
      receiver.run();
    } catch (ProtocolViolation e) {
      broken.complete(e.toString());
    }
  }

  /** A body says who sent it and as which: its first byte, and all that follow. */
  private void look(int which, byte[] body) {
    int from = body[0];
    if (which != next[from]++) {
      broken.complete("sender " + from + ": " + which + " came as " + (next[from] - 1));
    }
    for (int i = 1; i < body.length; i++) {
      if (body[i] != (byte) which) {
        broken.complete("sender " + from + ": another's bytes in " + which);
      }
    }
  }

  private static byte[] body(int from, int which, int length) {
    byte[] body = new byte[length];
    Arrays.fill(body, (byte) which);
    body[0] = (byte) from;
    return body;
  }

  /** Waits a little; where a frame was lost, not for ever. */
  private void spin() {
    Thread.onSpinWait();
    if (System.nanoTime() - begun > MOST_NANOS) {
      broken.complete("not there within 40 s");
    }
  }

  private void send(int from, int which, int length) {
    while (!broken.isDone()
        && !sender.trySendMessage(Frame.MESSAGE, which, body(from, which, length))) {
      spin();
    }
  }

  private void awaitReceived(long count) {
    while (received.get() < count && !broken.isDone()) {
      spin();
    }
  }

  /** The consumer has found nothing more, and what it does of an empty ring is done. */
  private void awaitAsleep() {
    while (consumer.getState() != Thread.State.TIMED_WAITING && !broken.isDone()) {
      spin();
    }
  }

  @Test
  void oneFrameAfterTheOtherTouchesASmallPartOfTheRing() {
    // Given twenty times as much as the ring holds
    int frames = 20 * RING / Frame.FRAGMENT_BYTES;
    int farthest = 0;

    // When
    for (int i = 0; i < frames; i++) {
      send(0, i, Frame.FRAGMENT_BYTES);
      farthest = Math.max(farthest, (int) lane.ring().producerPosition() & RING - 1);
      awaitReceived(i + 1);
      awaitAsleep();
    }

    // Then a sixteenth and a frame
    assertThat(farthest).isLessThanOrEqualTo(RING / 16 + Frame.FRAGMENT_BYTES + 64);
    assertThat(broken).isNotDone();
  }

  @Test
  void whatSeveralSendersPutOnARingThatIsOftenEmptyArrivesOnceAndInOrder() throws Exception {
    // Given
    List<Thread> senders = new ArrayList<>();
    for (int from = 0; from < SENDERS; from++) {
      int me = from;
      senders.add(
          new Thread(
              () -> {
                Random random = new Random(me);
                for (int i = 0; i < FRAMES && !broken.isDone(); i++) {
                  send(me, i, 1 + random.nextInt(random.nextInt(100) == 0 ? 16_000 : 700));
                  if (random.nextInt(20) == 0) {
                    Thread.yield();
                  }
                }
              }));
    }

    // When
    senders.forEach(Thread::start);
    for (Thread thread : senders) {
      thread.join();
    }
    awaitReceived((long) SENDERS * FRAMES);
    awaitAsleep();

    // Then
    assertThat(broken).isNotDone();
    assertThat(next).containsOnly(FRAMES);
    assertThat(lane.used()).isZero();
  }

  @Test
  void whatIsSkippedIsNotTakenForUsed() throws Exception {
    // Given one who looks all the time how full the ring is
    AtomicInteger most = new AtomicInteger();
    Thread watcher =
        new Thread(
            () -> {
              while (received.get() < FRAMES && !broken.isDone()) {
                int used = lane.used();
                if (used > most.get()) {
                  most.set(used);
                }
              }
            });
    watcher.start();

    // When no more than one frame is under way at any time
    for (int i = 0; i < FRAMES; i++) {
      send(0, i, 400);
      awaitReceived(i + 1);
    }
    watcher.join();

    // Then: frames are used until their batch ends, and one has at most 128
    assertThat(most.get()).isBetween(400, 130 * 448);
    assertThat(broken).isNotDone();
  }
}
