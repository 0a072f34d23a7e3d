package dev.prism.link;

import dev.prism.link.NamespaceShares.Share;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one link that the plugin has not let go of. Its size is the bound on calls in
 * flight. Taking and freeing take no lock.
 *
 * <p>A slot is free again only when the plugin has said its last frame about the call, also when
 * the caller has gone before: so the plugin never holds more calls than the response ring has room
 * to answer (hazard 15), and one that is stopped is sent no more than that.
 */
final class CallTable {
  /** What of the plugin's budget is for requests of one frame; the rest is for larger ones. */
  private static final int ONE_FRAME_FRACTION = 4;

  private final AtomicReferenceArray<PendingCall> calls;
  private final SlotStack free;
  private final long[] generations; // each by whoever has taken its slot
  private final NamespaceShares shares;
  private final AtomicLong oneFrameBytes = new AtomicLong();
  private volatile long oneFrameLimit;

  CallTable(int size) {
    calls = new AtomicReferenceArray<>(size);
    free = new SlotStack(size);
    generations = new long[size];
    shares = new NamespaceShares(size);
  }

  /**
   * Divides the plugin's budget of pending bytes: a quarter for requests of one frame beyond 1 KiB,
   * which are refused when it is used up; the rest for larger ones, which wait in line, and never
   * less than one of them takes.
   *
   * @return what larger ones may hold
   */
  long divide(Hello peer) {
    long all = peer.maxPendingBytes();
    oneFrameLimit = Math.max(all / ONE_FRAME_FRACTION, Frame.FRAGMENT_BYTES);
    return Math.max(all - all / ONE_FRAME_FRACTION, Math.min(all, peer.maxMessageBytes()));
  }

  /** A place for a call, or null when there is none for its namespace or its bytes. */
  @Nullable PendingCall tryAdd(CallHeader header, int length, boolean stream) {
    Share share = shares.of(header.namespace());
    if (!shares.tryTake(share)) {
      return null;
    }
    int slot = free.pop();
    if (slot < 0) {
      shares.refused(share);
      shares.give(share);
      return null;
    }
    PendingCall call =
        new PendingCall(Frame.id(slot, ++generations[slot]), share, header, length, stream);
    if (call.countedBytes > 0 && oneFrameBytes.addAndGet(call.countedBytes) > oneFrameLimit) {
      release(call);
      return null;
    }
    calls.set(slot, call);
    return call;
  }

  /** Frees a call's slot: when the plugin has said its last frame, or has never heard of it. */
  void remove(PendingCall call) {
    if (calls.compareAndSet(Frame.slot(call.id), call, null)) { // once, whatever a peer answers
      release(call);
    }
  }

  private void release(PendingCall call) {
    if (call.countedBytes > 0) {
      oneFrameBytes.addAndGet(-call.countedBytes);
    }
    ByteBudget.Reservation bytes = call.requestBytes;
    if (bytes != null) {
      bytes.close();
    }
    shares.give(call.share);
    free.push(Frame.slot(call.id));
  }

  /**
   * The call that a frame is about, matched by its full id (hazard 14); null when it has ended.
   *
   * @throws ProtocolViolation when there can be no such call
   */
  @Nullable PendingCall find(long id) {
    int slot = Frame.slot(id);
    if (slot >= calls.length()) {
      throw new ProtocolViolation("a frame about a call that cannot be");
    }
    PendingCall call = calls.get(slot);
    return call != null && call.id == id ? call : null;
  }

  void forEach(Consumer<PendingCall> action) {
    for (int i = 0; i < calls.length(); i++) {
      PendingCall call = calls.get(i);
      if (call != null) {
        action.accept(call);
      }
    }
  }

  /** Calls in flight now, counted. */
  int size() {
    int size = 0;
    for (int i = 0; i < calls.length(); i++) {
      size += calls.getOpaque(i) == null ? 0 : 1;
    }
    return size;
  }
}
