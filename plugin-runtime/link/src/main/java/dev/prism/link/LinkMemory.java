package dev.prism.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * What lies where in a link's memory. Numbers are in the host's byte order.
 *
 * <pre>
 *      0  int64  magic
 *      8  int32  layout version
 *     12  int32  bytes of each ring
 *     16  int32  calls at once
 *     20  int32  incarnation
 *     24  int32  doorbell: 1 futex, 2 polling, 3 parking
 *    128  int32  request doorbell: 1 while the plugin's consumer sleeps
 *    256  int32  response doorbell: 1 while the proxy's consumer sleeps
 *    384  int32  1 while a sender of the request ring waits for room
 *    512  int32  1 while a sender of the response ring waits for room
 *    640  int64  where the request ring's consumer has it begin anew, see {@link Lane#beginAnew}
 *    768  int64  the same of the response ring
 *   4096         request ring (proxy to plugin), then its positions
 *    ...         response ring (plugin to proxy), then its positions
 * </pre>
 */
final class LinkMemory {
  static final int FUTEX = 1;
  static final int POLLING = 2;
  static final int PARKING = 3;

  private static final long MAGIC = 0x4b4e494c4d535250L; // "PRSMLINK"
  private static final int MAGIC_AT = 0;
  private static final int VERSION_AT = 8;
  private static final int RING_BYTES_AT = 12;
  private static final int IN_FLIGHT_AT = 16;
  private static final int INCARNATION_AT = 20;
  private static final int DOORBELL_AT = 24;
  private static final int REQUEST_BELL_AT = 128;
  private static final int RESPONSE_BELL_AT = 256;
  private static final int REQUEST_WANTED_AT = 384;
  private static final int RESPONSE_WANTED_AT = 512;
  private static final int REQUEST_ANEW_AT = 640;
  private static final int RESPONSE_ANEW_AT = 768;
  private static final int PAGE = 4096;

  static final int SMALLEST = size(LinkConfig.MIN_RING_BYTES);
  static final int LARGEST = size(LinkConfig.MAX_RING_BYTES);

  final UnsafeBuffer control;
  final int maxInFlight;
  final int incarnation;
  final Lane requests;
  final Lane responses;

  /**
   * One direction: its ring, the bell of its consumer, where its senders ask for room, and where
   * its consumer says that an empty ring begins anew.
   */
  record Lane(
      ManyToOneRingBuffer ring, Doorbell bell, UnsafeBuffer control, int wantedAt, int anewAt) {
    /** An empty ring goes on until this part of it has been used: 256 KiB of the default 4 MiB. */
    private static final int USED_PART = 16;

    void wantRoom() {
      control.putIntVolatile(wantedAt, 1);
    }

    /** Whether a sender has asked for room since this was last asked. */
    boolean takeWanted() {
      if (control.getIntVolatile(wantedAt) == 0) {
        return false;
      }
      control.putIntVolatile(wantedAt, 0);
      return true;
    }

    /**
     * Has a ring that is empty go on at the start of its memory, once a sixteenth is used. So both
     * processes hold no more of it than was in use at once, and what they share stays in the
     * processor's caches: a ring that goes round has all its pages touched by the smallest load.
     * Only its consumer may do this.
     *
     * <p>The rest of the round is skipped as if it had been written and read: first the senders'
     * position moves, which fails where one of them was quicker, then the consumer's. For a moment
     * the ring looks full of what was skipped; {@link #used} knows better, by the word that is
     * written before.
     */
    void beginAnew() {
      int capacity = ring.capacity();
      long at = ring.consumerPosition();
      int index = (int) at & capacity - 1;
      if (index < capacity / USED_PART || ring.producerPosition() != at) {
        return;
      }
      long start = at + capacity - index;
      control.putLongVolatile(anewAt, start);
      AtomicBuffer buffer = ring.buffer();
      if (buffer.compareAndSetLong(
          capacity + RingBufferDescriptor.TAIL_POSITION_OFFSET, at, start)) {
        buffer.putLongRelease(capacity + RingBufferDescriptor.HEAD_POSITION_OFFSET, start);
      } else {
        control.putLongVolatile(anewAt, 0);
      }
    }

    /** Bytes on the ring now, 0 to its capacity whatever the peer does to the positions. */
    int used() {
      long tail = ring.producerPosition();
      long head = ring.consumerPosition();
      long start = control.getLongVolatile(anewAt);
      return Math.clamp(tail - (start <= tail ? Math.max(head, start) : head), 0, ring.capacity());
    }
  }

  private LinkMemory(UnsafeBuffer whole, int ringBytes, int doorbell) {
    control = new UnsafeBuffer(whole, 0, PAGE);
    maxInFlight = control.getInt(IN_FLIGHT_AT);
    incarnation = control.getInt(INCARNATION_AT);
    int ringSpan = ringSpan(ringBytes);
    int ringLength = ringBytes + RingBufferDescriptor.TRAILER_LENGTH;
    requests =
        new Lane(
            new ManyToOneRingBuffer(new UnsafeBuffer(whole, PAGE, ringLength)),
            doorbell(doorbell, REQUEST_BELL_AT),
            control,
            REQUEST_WANTED_AT,
            REQUEST_ANEW_AT);
    responses =
        new Lane(
            new ManyToOneRingBuffer(new UnsafeBuffer(whole, PAGE + ringSpan, ringLength)),
            doorbell(doorbell, RESPONSE_BELL_AT),
            control,
            RESPONSE_WANTED_AT,
            RESPONSE_ANEW_AT);
  }

  private Doorbell doorbell(int kind, int word) {
    return switch (kind) {
      case FUTEX -> new Doorbell.Futex(control, word);
      case POLLING -> new Doorbell.Polling(control, word);
      default -> new Doorbell.Parking(control, word);
    };
  }

  /** How many bytes a link with rings of {@code ringBytes} takes. */
  static int size(int ringBytes) {
    return PAGE + 2 * ringSpan(ringBytes);
  }

  private static int ringSpan(int ringBytes) {
    return ringBytes + PAGE; // the positions behind a ring take less than a page
  }

  /** Lays out fresh memory, all zeros. */
  static LinkMemory create(ByteBuffer bytes, LinkConfig config, int incarnation, int doorbell) {
    UnsafeBuffer whole = new UnsafeBuffer(bytes);
    whole.putInt(VERSION_AT, Hello.LINK_VERSION);
    whole.putInt(RING_BYTES_AT, config.ringBytes());
    whole.putInt(IN_FLIGHT_AT, config.maxInFlight());
    whole.putInt(INCARNATION_AT, incarnation);
    whole.putInt(DOORBELL_AT, doorbell);
    LinkMemory memory = new LinkMemory(whole, config.ringBytes(), doorbell);
    whole.putLongRelease(MAGIC_AT, MAGIC);
    return memory;
  }

  /** Reads the layout of memory that a proxy made. */
  static LinkMemory open(ByteBuffer bytes) throws IOException {
    UnsafeBuffer whole = new UnsafeBuffer(bytes);
    if (whole.getLongVolatile(MAGIC_AT) != MAGIC) {
      throw new IOException("not a link's memory: no magic");
    }
    int version = whole.getInt(VERSION_AT);
    if (version != Hello.LINK_VERSION && version != Hello.LINK_VERSION + 1) {
      throw new IOException(
          "the proxy speaks link version "
              + version
              + ", this plugin "
              + Hello.LINK_VERSION
              + ": a proxy takes plugins of its own version or the one before");
    }
    int ringBytes = whole.getInt(RING_BYTES_AT);
    int maxInFlight = whole.getInt(IN_FLIGHT_AT);
    int doorbell = whole.getInt(DOORBELL_AT);
    if (!LinkConfig.ringFits(ringBytes)
        || size(ringBytes) != bytes.capacity()
        || !LinkConfig.inFlightFits(ringBytes, maxInFlight)
        || (doorbell != FUTEX && doorbell != POLLING)) {
      throw new IOException("not a link's memory: its layout is impossible");
    }
    return new LinkMemory(whole, ringBytes, doorbell);
  }
}
