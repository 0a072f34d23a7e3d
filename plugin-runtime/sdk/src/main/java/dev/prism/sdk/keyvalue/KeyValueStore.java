package dev.prism.sdk.keyvalue;

import dev.prism.sdk.Capability;
import dev.prism.status.PrismException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backend that keeps values under keys. All methods block and are called by the runtime, which
 * has checked sizes, capabilities and deadlines before and has joined concurrent calls into batches
 * (hazard 22).
 *
 * <p>A method throws {@link PrismException} for a definite failure of everything it was given. For
 * a failure of which it cannot know whether it took effect it throws one with reason {@code
 * OUTCOME_UNKNOWN}. Any other exception is logged and answered INTERNAL.
 *
 * <p>An expired item is never returned and counts as absent in every precondition.
 */
public interface KeyValueStore extends AutoCloseable {
  /** What this store can do; asked once. */
  Set<Capability> capabilities();

  /**
   * The levels at which {@link #read} and {@link #scan} may be asked; asked once, at least one. A
   * session with another level is refused when it is opened, and one that names none gets the
   * strongest of these. A store whose reads see every acknowledged write gives all of them: a
   * stronger answer than was asked for is a right one.
   */
  Set<Consistency.Level> consistencyLevels();

  /**
   * The largest value that the backend itself takes, in bytes, where that is less than the
   * contract's 16 MiB: with the longest key and metadata, too. The runtime refuses a larger one
   * with {@code VALUE_TOO_LARGE}. Asked once.
   */
  default int maxValueBytes() {
    return Integer.MAX_VALUE;
  }

  /**
   * How the runtime may run this store. Asked once.
   *
   * @param readers how many threads may be in {@link #read} or {@link #scan} at once; at least 1
   * @param inOrder whether {@link #write} applies its units one after the other, so that a batch
   *     may hold the same key more than once; otherwise every batch holds a key once, and keys come
   *     sorted
   * @param blocking false when {@link #read} and {@link #write} never wait for anything (no file,
   *     no socket, no lock held elsewhere): they are then run on the link's own thread, without a
   *     hop
   */
  record Execution(int readers, boolean inOrder, boolean blocking) {}

  /** See {@link Execution}. */
  Execution execution();

  /**
   * Reads many keys of one namespace in one round trip. Called by up to {@link Execution#readers}
   * threads at once.
   *
   * @param maxBytes how large all values together may grow: a store that makes them as it reads
   *     stops with the one that goes over it, and leaves out the keys that follow. The runtime asks
   *     again for those, after it has answered the calls that have all their keys
   * @return one entry a key, in order; null where there is no item. At least one, and fewer than
   *     keys only where {@code maxBytes} was passed
   */
  List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes);

  /**
   * Applies the units, one after the other as seen by every reader, and returns when all of them
   * are as durable as the store declares. Called by one thread at a time. Each unit succeeds or
   * fails for itself: a unit's definite failure leaves no trace of it and does not touch the
   * others.
   *
   * @return one result a unit, in order
   */
  List<UnitResult> write(String namespace, List<Unit> units);

  /**
   * Hands the items of {@code scan} to {@code sink} in key order, as described at {@code
   * KeyValueService.Scan}; holds no more than a page in memory and no lock or transaction while the
   * sink blocks.
   */
  void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink);

  /**
   * Whether the backend answers now; called about once a second and bound by a second. Throws when
   * it does not.
   */
  void ping();

  /** Lets go of everything; no call is running and none follows. */
  @Override
  void close();
}
