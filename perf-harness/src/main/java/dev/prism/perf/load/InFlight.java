package dev.prism.perf.load;

import org.jspecify.annotations.Nullable;

/** The calls in flight on one connection, each in the slot that the low bits of its id name. */
final class InFlight {
  private final int[] streams;
  private final long[] begun;
  private final int[] answerBytes;
  private final @Nullable String[] faults;
  private int size;
  private int nextStream = 1;

  InFlight(int most) {
    int slots = Integer.highestOneBit(most) * 4;
    streams = new int[slots];
    begun = new long[slots];
    answerBytes = new int[slots];
    faults = new @Nullable String[slots];
  }

  int size() {
    return size;
  }

  boolean isOpen(int stream) {
    return streams[slot(stream)] == stream && stream != 0;
  }

  /** Takes the next stream id whose slot is free; ids may be skipped. */
  int open(long now) {
    while (streams[slot(nextStream)] != 0) {
      nextStream += 2;
    }
    int stream = nextStream;
    nextStream += 2;
    int slot = slot(stream);
    streams[slot] = stream;
    begun[slot] = now;
    answerBytes[slot] = 0;
    faults[slot] = null;
    size++;
    return stream;
  }

  /** Notes that the answer of an open stream goes on. */
  void received(int stream, int bytes) {
    answerBytes[slot(stream)] += bytes;
  }

  /** Notes that an open stream's answer is not a good one, though it has not ended yet. */
  void failed(int stream, String fault) {
    faults[slot(stream)] = fault;
  }

  /**
   * Ends an open stream.
   *
   * @param fault what is wrong with its end; null when nothing is
   */
  void end(int stream, @Nullable String fault, int leastAnswer, long now, Tally tally) {
    int slot = slot(stream);
    streams[slot] = 0;
    size--;
    String first = faults[slot] != null ? faults[slot] : fault;
    if (first != null) {
      tally.failed(first, 1);
    } else if (answerBytes[slot] < leastAnswer) {
      tally.failed("an answer that is too short", 1);
    } else {
      tally.answered(now - begun[slot]);
    }
  }

  /** Ends those that the peer says it did not take, which are those after {@code last}. */
  void endAfter(int last, String why, Tally tally) {
    for (int slot = 0; slot < streams.length; slot++) {
      if (streams[slot] > last) {
        streams[slot] = 0;
        size--;
        tally.failed(why, 1);
      }
    }
  }

  /** Ends all. */
  void endAll(String why, Tally tally) {
    endAfter(0, why, tally);
  }

  /** Notes how long each has waited. */
  void waiting(long now, Tally tally) {
    for (int slot = 0; slot < streams.length; slot++) {
      if (streams[slot] != 0) {
        tally.waiting(now - begun[slot]);
      }
    }
  }

  private int slot(int stream) {
    return (stream >>> 1) & (streams.length - 1);
  }
}
