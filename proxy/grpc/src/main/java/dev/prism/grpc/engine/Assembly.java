package dev.prism.grpc.engine;

import io.grpc.Status;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Puts a request's messages together from its DATA (gRPC over HTTP/2, "Length-Prefixed-Message"):
 * the reader's thread fills it, the call's thread takes from it. A small message counts against its
 * stream's window until it is taken; a large one needs memory of {@link Bodies}, asked for when all
 * before it are taken.
 */
final class Assembly {
  /**
   * Messages up to this size fit the window beside what is not given back yet, bytes: 65 535 less
   * 16 Ki.
   */
  static final int SMALL = 32 * 1024;

  private static final int PREFIX = 5;

  private final Call<?, ?> call;
  private final int maxBytes;

  // The reader's.
  private Received tail = new Received(Buffers.NONE, false, 0);
  private long prefix;
  private int prefixBytes;
  private byte @Nullable [] body;
  private int length;
  private int filled;
  private boolean broken;

  // The call's.
  private Received head = tail;

  private final AtomicInteger untaken = new AtomicInteger();
  private final AtomicInteger wanted = new AtomicInteger();
  private volatile boolean ended;
  private volatile Bodies.@Nullable Share share;

  Assembly(Call<?, ?> call, int maxBytes) {
    this.call = call;
    this.maxBytes = maxBytes;
  }

  /** Adds DATA. Reader's thread. */
  void add(byte[] from, int start, int count) {
    int at = start;
    int end = start + count;
    while (at < end) {
      if (broken) {
        call.taken(end - at);
        return;
      }
      byte[] into = body;
      if (into == null) {
        prefix = (prefix << 8) | (from[at++] & 0xFF);
        if (++prefixBytes == PREFIX) {
          begin((int) (prefix >>> 32) & 0xFF, (int) prefix);
        }
        continue;
      }
      if (filled == into.length) {
        into = Arrays.copyOf(into, length);
        body = into;
      }
      int some = Math.min(end - at, into.length - filled);
      System.arraycopy(from, at, into, filled, some);
      filled += some;
      at += some;
      completeIfWhole();
    }
  }

  private void begin(int flag, int size) {
    if (flag > 1) {
      fail(Status.INTERNAL.withDescription("The message's flag is neither 0 nor 1."));
    } else if (size < 0 || size > maxBytes || size > call.connection.host().bodies().limit()) {
      fail(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "The message of "
                  + Integer.toUnsignedString(size)
                  + " bytes is larger than the limit of "
                  + maxBytes
                  + " bytes."));
    } else {
      length = size;
      filled = 0;
      body = new byte[Math.min(size, SMALL)];
      if (size > SMALL) {
        wanted.set(size);
        if (untaken.get() == 0) {
          reserve();
        }
      }
      completeIfWhole();
    }
  }

  private void completeIfWhole() {
    byte[] whole = body;
    if (whole != null && filled == length) {
      int credit = PREFIX + (length > SMALL ? 0 : length);
      Received received = new Received(whole, prefix >>> 32 == 1, credit);
      body = null;
      prefix = 0;
      prefixBytes = 0;
      untaken.getAndIncrement();
      tail.next = received;
      tail = received;
    }
  }

  private void fail(Status status) {
    broken = true;
    call.refuse(status);
  }

  /** Whether a message has begun and is not whole. Reader's thread. */
  boolean isAmid() {
    return !broken && (prefixBytes > 0 || body != null);
  }

  /** Whether memory is held for a message that is to come. Any thread. */
  boolean holdsMemory() {
    return share != null;
  }

  /** Whether {@link #take} has one. The call's thread. */
  boolean hasMessage() {
    return head.next != null;
  }

  /** The next message. The call's thread. */
  Received take() {
    Received taken = head.next;
    if (taken == null) {
      throw new IllegalStateException("no message has come");
    }
    head = taken;
    call.taken(taken.credit);
    if (untaken.decrementAndGet() == 0) {
      reserve();
    }
    return taken;
  }

  private void reserve() {
    int bytes = wanted.getAndSet(0);
    if (bytes > 0) {
      Bodies.Share mine = share;
      if (mine == null) {
        mine = new Bodies.Share(call);
        share = mine;
      }
      if (!ended) {
        call.connection.host().bodies().reserve(mine, bytes);
      }
    }
  }

  /** Gives back what it holds. Any thread, once. */
  void end() {
    ended = true;
    Bodies.Share mine = share;
    if (mine != null) {
      call.connection.host().bodies().release(mine);
    }
  }
}
