package dev.prism.link;

import dev.prism.link.LinkMemory.Lane;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;

/**
 * Takes frames off one ring on one platform thread: reads what is there, does what is due, sleeps
 * at its doorbell while there is nothing. Never blocks on anything else (hazard 15).
 */
final class RingReceiver {
  /** Most frames between two looks at what else is due; their room on the ring is free after it. */
  private static final int BATCH = 128;

  /** How often a bell may ring for nothing in a row before the rings are taken for malice. */
  private static final int EMPTY_RINGS = 64;

  private static final long MALICE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Lane lane;
  private final Doorbell peer;
  private final Owner owner;
  private final MessageHandler frames;
  private volatile boolean stopped;
  private int emptyRings;

  /** Whose frames these are. All is called on the receiver's thread. */
  interface Owner {
    /** One frame that is whole and within the ring; what it says has not been looked at. */
    void onFrame(int kind, DirectBuffer buffer, int at, int length);

    /** After some frames and before the next or the sleep. */
    void onBatchEnd();

    /**
     * Does what is due, frames or none.
     *
     * @return how long the receiver may sleep where there are none, in nanoseconds
     */
    long onTick(long now);
  }

  /**
   * @param peer the bell of the consumer of the other ring, rung when a sender of this one waits
   */
  RingReceiver(Lane lane, Doorbell peer, Owner owner) {
    this.lane = lane;
    this.peer = peer;
    this.owner = owner;
    frames = this::onRecord;
  }

  private void onRecord(int kind, MutableDirectBuffer buffer, int at, int length) {
    Frame.check(buffer, at, length, lane.ring().capacity());
    owner.onFrame(kind, buffer, at, length);
  }

  /**
   * Takes frames until {@link #stop}.
   *
   * @throws ProtocolViolation when the peer has broken the ring or a frame's rules
   */
  void run() {
    while (!stopped) {
      long now = System.nanoTime();
      lane.ring().consumerHeartbeatTime(now);
      if (read() > 0) {
        owner.onTick(now);
        continue;
      }
      owner.onTick(now);
      lane.beginAnew();
      lane.bell().arm();
      if (stopped || read() > 0) {
        lane.bell().disarm();
        continue;
      }
      long nanos = owner.onTick(System.nanoTime());
      if (nanos > 0) {
        sleep(nanos);
      }
      lane.bell().disarm();
    }
  }

  /** A peer that rings without sending cannot keep this thread from sleeping. */
  private void sleep(long nanos) {
    if (lane.bell().await(nanos)) {
      emptyRings = 0;
    } else if (++emptyRings > EMPTY_RINGS) {
      LockSupport.parkNanos(this, MALICE_PAUSE_NANOS);
    }
  }

  /** Takes what is there, up to a batch. */
  private int read() {
    int count;
    try {
      count = lane.ring().read(frames, BATCH);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new ProtocolViolation("the ring was corrupted", e);
    }
    if (count > 0) {
      emptyRings = 0;
      owner.onBatchEnd();
      if (lane.takeWanted()) {
        peer.ring();
      }
    }
    return count;
  }

  /** Takes what was committed until now, once the peer is gone; bounded by the ring. */
  void drain() {
    long end = lane.ring().producerPosition();
    long before = -1;
    long at = lane.ring().consumerPosition();
    for (int reads = lane.ring().capacity() / Frame.SHORT_HEADER;
        reads > 0 && at != before && at < end;
        reads--) {
      read();
      before = at;
      at = lane.ring().consumerPosition();
    }
  }

  /** Has {@link #run} return soon. Any thread. */
  void stop() {
    stopped = true;
    lane.bell().ring();
  }
}
