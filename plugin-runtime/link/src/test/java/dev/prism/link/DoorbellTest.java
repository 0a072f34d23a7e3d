package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hazard 17: sleeping and waking. */
@Timeout(30)
class DoorbellTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(20);

  private static UnsafeBuffer memory() {
    return new UnsafeBuffer(ByteBuffer.allocateDirect(64));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aRingBetweenTheLookAndTheSleepIsNotLost() {
    Doorbell bell = new Doorbell.Futex(memory(), 0);
    bell.arm();

    bell.ring();

    assertThat(bell.await(LONG)).as("there was nothing to wait for").isFalse();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aWaitThatTheKernelRefusesIsAnErrorAndNoSleep() {
    Doorbell misaligned = new Doorbell.Futex(memory(), 2);

    assertThatThrownBy(() -> misaligned.await(LONG))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("errno 22");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void noSleepIsLongerThanATenthOfASecondThoughNobodyRings() {
    Doorbell bell = new Doorbell.Futex(memory(), 0);
    bell.arm();
    long before = System.nanoTime();

    bell.await(LONG);

    assertThat(System.nanoTime() - before).isBetween(90_000_000L, 5_000_000_000L);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aProducerPaysForAWakeOnlyWhileTheConsumerSleeps() {
    UnsafeBuffer memory = memory();
    Doorbell bell = new Doorbell.Futex(memory, 0);
    bell.ring();
    assertThat(memory.getInt(0)).isZero();
    bell.arm();
    assertThat(memory.getInt(0)).isEqualTo(1);

    bell.ring();

    assertThat(memory.getInt(0)).as("the next producer finds it awake").isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {LinkMemory.FUTEX, LinkMemory.PARKING, LinkMemory.POLLING})
  void aSleepingReceiverTakesWhatIsSentToIt(int kind) throws Exception {
    LinkMemory memory = memory(kind);
    CompletableFuture<Integer> taken = new CompletableFuture<>();
    RingReceiver receiver = receiver(memory, taken::complete);
    Thread thread = Thread.ofPlatform().daemon().start(receiver::run);
    PluginProcess.await(() -> memory.control.getIntVolatile(128) == 1);

    new RingSender(memory.requests, 1).sendAlways(Frame.CANCEL, 42);

    assertThat(taken.get(10, TimeUnit.SECONDS)).isEqualTo(42);
    receiver.stop();
    thread.join();
  }

  @ParameterizedTest
  @ValueSource(ints = {LinkMemory.FUTEX, LinkMemory.PARKING})
  void whatAProducerCommittedBeforeItDiedIsTakenThoughItNeverRang(int kind) throws Exception {
    LinkMemory memory = memory(kind);
    CompletableFuture<Integer> taken = new CompletableFuture<>();
    RingReceiver receiver = receiver(memory, taken::complete);
    Thread thread = Thread.ofPlatform().daemon().start(receiver::run);
    PluginProcess.await(() -> memory.control.getIntVolatile(128) == 1);

    int at = memory.requests.ring().tryClaim(Frame.CANCEL, Frame.SHORT_HEADER);
    Frame.write(memory.requests.ring().buffer(), at, 42, 1, Frame.SHORT_HEADER, 0, 0, 0);
    memory.requests.ring().commit(at);

    assertThat(taken.get(10, TimeUnit.SECONDS)).isEqualTo(42);
    receiver.stop();
    thread.join();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aHundredThousandSleepsAndWakesLoseNothing() throws Exception {
    LinkMemory memory = memory(LinkMemory.FUTEX);
    int count = 100_000;
    CountDownLatch all = new CountDownLatch(count);
    RingReceiver receiver = receiver(memory, id -> all.countDown());
    Thread thread = Thread.ofPlatform().daemon().start(receiver::run);
    RingSender sender = new RingSender(memory.requests, 1);

    for (int i = 0; i < count; i++) {
      sender.sendAlways(Frame.CANCEL, 1);
      if (i % 1024 == 0) {
        sender.poll();
      }
    }

    while (!all.await(1, TimeUnit.MILLISECONDS)) {
      sender.poll();
    }
    receiver.stop();
    thread.join();
  }

  /** Each sets its own word before it looks at the other's: one of the two must see the other. */
  @Test
  void aProducerAndAConsumerNeverBothMissEachOther() throws Exception {
    int rounds = 500_000;
    int round = 128;
    int frame = 256;
    int rung = 384;
    UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(512));
    Doorbell bell = new Doorbell.Parking(memory, 0);
    Thread producer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 1; i <= rounds; i++) {
                    await(memory, round, i);
                    for (int pause = i / 16 % 16; pause > 0; pause--) {
                      int _ = memory.getIntVolatile(0); // and so it is in the cache for the look
                    }
                    memory.putIntRelease(frame, i); // as a commit does
                    bell.ring();
                    memory.putIntVolatile(rung, i);
                  }
                });
    int missed = 0;
    for (int i = 1; i <= rounds; i++) {
      memory.putIntRelease(round, i);
      for (int pause = i % 16; pause > 0; pause--) {
        int _ = memory.getIntVolatile(frame);
      }
      bell.arm();
      boolean seen = memory.getIntVolatile(frame) == i;
      await(memory, rung, i);
      missed += seen || memory.getIntVolatile(0) == 0 ? 0 : 1;
      bell.disarm();
    }
    producer.join();

    assertThat(missed).isZero();
  }

  private static void await(UnsafeBuffer memory, int at, int value) {
    for (int looks = 1; memory.getIntVolatile(at) != value; looks++) {
      if (looks % 1000 == 0) {
        Thread.yield(); // to the other, where there is no processor for both
      }
    }
  }

  @Test
  void aFrameThatCameBeforeTheReceiverSaidThatItSleepsIsTakenBeforeItSleeps() throws Exception {
    LinkMemory memory = memory(LinkMemory.PARKING);
    RingSender sender = new RingSender(memory.requests, 1);
    AtomicInteger ticks = new AtomicInteger();
    CompletableFuture<Integer> ticksBefore = new CompletableFuture<>();
    RingReceiver receiver =
        new RingReceiver(
            memory.requests,
            memory.responses.bell(),
            new Receives(id -> ticksBefore.complete(ticks.get())) {
              @Override
              public long onTick(long now) {
                if (ticks.incrementAndGet() == 1) {
                  sender.sendAlways(Frame.CANCEL, 42); // it has looked, and is not armed yet
                }
                return LONG;
              }
            });
    Thread thread = Thread.ofPlatform().daemon().start(receiver::run);

    assertThat(ticksBefore.get(10, TimeUnit.SECONDS)).isEqualTo(1);

    receiver.stop();
    thread.join();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPeerThatRingsForNothingDoesNotKeepTheReceiverBusy() throws Exception {
    LinkMemory memory = memory(LinkMemory.FUTEX);
    AtomicInteger ticks = new AtomicInteger();
    RingReceiver receiver =
        new RingReceiver(
            memory.requests,
            memory.responses.bell(),
            new Receives(id -> {}) {
              @Override
              public long onTick(long now) {
                ticks.incrementAndGet();
                memory.requests.bell().ring(); // as late as it can: before each sleep
                return LONG;
              }
            });
    Thread thread = Thread.ofPlatform().daemon().start(receiver::run);
    long begun = System.nanoTime();

    PluginProcess.await(() -> System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(200));

    receiver.stop();
    thread.join();
    assertThat(ticks.get()).isBetween(100, 2000);
  }

  private static LinkMemory memory(int kind) {
    LinkConfig config = new LinkConfig(1 << 20, 100, new ByteBudget(1), true);
    return LinkMemory.create(ByteBuffer.allocateDirect(LinkMemory.SMALLEST), config, 1, kind);
  }

  private static RingReceiver receiver(LinkMemory memory, IntConsumer onFrame) {
    return new RingReceiver(memory.requests, memory.responses.bell(), new Receives(onFrame));
  }

  /** Takes the ids of frames. */
  private static class Receives implements RingReceiver.Owner {
    private final IntConsumer onFrame;

    Receives(IntConsumer onFrame) {
      this.onFrame = onFrame;
    }

    @Override
    public void onFrame(int kind, DirectBuffer buffer, int at, int length) {
      onFrame.accept((int) Frame.id(buffer, at));
    }

    @Override
    public void onBatchEnd() {
      // Nothing is collected.
    }

    @Override
    public long onTick(long now) {
      return LONG;
    }
  }
}
