package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;

/** Hazard 13: what happens between a claim and its commit; and when the consumer is rung. */
class RingSenderTest {
  private final UnsafeBuffer control = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
  private final Doorbell bell = new Doorbell.Parking(control, 0);

  /** Memory in which a copy can fail halfway, as it would for want of stack. */
  private static final class FailingBuffer extends UnsafeBuffer {
    private boolean fails;

    FailingBuffer(int bytes) {
      super(ByteBuffer.allocateDirect(bytes));
    }

    @Override
    public void putBytes(int index, byte[] from, int offset, int length) {
      if (fails) {
        super.putBytes(index, from, offset, length / 2);
        throw new StackOverflowError("halfway");
      }
      super.putBytes(index, from, offset, length);
    }
  }

  @Test
  void aCopyThatFailsHalfwayIsTakenBackAndWhatFollowsArrives() {
    FailingBuffer memory = new FailingBuffer((1 << 20) + RingBufferDescriptor.TRAILER_LENGTH);
    ManyToOneRingBuffer ring = new ManyToOneRingBuffer(memory);
    LinkMemory.Lane lane = new LinkMemory.Lane(ring, bell, control, 128, 192);
    RingSender sender = new RingSender(lane, 1);
    memory.fails = true;
    assertThatThrownBy(() -> sender.trySendMessage(Frame.MESSAGE, 1, new byte[1000]))
        .isInstanceOf(StackOverflowError.class);
    memory.fails = false;

    assertThat(sender.trySendMessage(Frame.MESSAGE, 2, new byte[1000])).isTrue();

    List<Long> ids = new ArrayList<>();
    while (lane.used() > 0 && ids.isEmpty()) {
      int _ = ring.read((kind, buffer, at, length) -> ids.add(Frame.id(buffer, at)));
      assertThat(memory.getIntVolatile(0)).as("nothing is left unfinished").isNotNegative();
    }
    assertThat(ids).containsExactly(2L);
    assertThat(lane.used()).isZero();
  }

  @Test
  void answersThatAreHeldTogetherRingOnceAfterTheLast() {
    // Given a consumer that sleeps
    RingSender sender = sender(1 << 20);
    bell.arm();

    // When
    sender.hold();
    sender.sendAnswer(Frame.REPLY, 1, new byte[10]);
    sender.sendAnswer(Frame.REPLY, 2, new byte[10]);
    boolean asleepMeanwhile = control.getIntVolatile(0) == 1;
    sender.release();

    // Then
    assertThat(asleepMeanwhile).isTrue();
    assertThat(control.getIntVolatile(0)).isZero();
    bell.arm();
    sender.sendAnswer(Frame.REPLY, 3, new byte[10]);
    assertThat(control.getIntVolatile(0)).as("one that is not held rings").isZero();
  }

  @Test
  void answersThatAreHeldRingWhenTheRingIsFull() {
    // Given a consumer that sleeps
    RingSender sender = sender(1 << 12);
    bell.arm();

    // When more is held than fits
    sender.hold();
    for (int i = 0; i < 20; i++) {
      sender.sendAnswer(Frame.REPLY, i, new byte[300]);
    }

    // Then
    assertThat(control.getIntVolatile(0)).isZero();
  }

  private RingSender sender(int bytes) {
    ManyToOneRingBuffer ring =
        new ManyToOneRingBuffer(
            new UnsafeBuffer(
                ByteBuffer.allocateDirect(bytes + RingBufferDescriptor.TRAILER_LENGTH)));
    return new RingSender(new LinkMemory.Lane(ring, bell, control, 128, 192), 1);
  }
}
