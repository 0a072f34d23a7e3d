package dev.prism.sdk.runtime;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.runtime.Work.Group;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of the waiting calls make the next batch (hazard 22): calls of one group only, the
 * groups in turn, in the order in which they came; of calls that share an exclusive key only the
 * first, and none that would overtake an earlier one with the same key.
 *
 * <p>Not safe for more than one thread at a time.
 */
final class BatchPlanner<Q, R> {
  /** How many calls are looked at past ones that must wait for an earlier call of their key. */
  private static final int MOST_LOOKED_AT = 1024;

  /** How many groups without calls are kept, so that a lone caller's does not come and go. */
  private static final int MOST_IDLE_GROUPS = 64;

  private final int maxWeight;
  private final long maxBytes;
  private final Consumer<Work<Q, R>> expired;
  private final Map<Group, ArrayDeque<Work<Q, R>>> groups = new HashMap<>();
  private final ArrayDeque<ArrayDeque<Work<Q, R>>> turns = new ArrayDeque<>();
  private final ArrayList<Work<Q, R>> heldBack = new ArrayList<>();
  private final Set<Key> keys = new HashSet<>();
  private int waiting;

  /**
   * @param maxWeight the most keys of a batch, unless its first call alone has more
   * @param maxBytes the most bytes of a batch, unless its first call alone has more
   * @param expired is given each call that nobody waits for any more, in place of a batch
   */
  BatchPlanner(int maxWeight, long maxBytes, Consumer<Work<Q, R>> expired) {
    this.maxWeight = maxWeight;
    this.maxBytes = maxBytes;
    this.expired = expired;
  }

  void add(Work<Q, R> work) {
    ArrayDeque<Work<Q, R>> group = groups.get(work.group());
    if (group == null) {
      if (groups.size() - turns.size() >= MOST_IDLE_GROUPS) {
        groups.values().removeIf(ArrayDeque::isEmpty);
      }
      group = new ArrayDeque<>();
      groups.put(work.group(), group);
    }
    if (group.isEmpty()) {
      turns.addLast(group);
    }
    group.addLast(work);
    waiting++;
  }

  /** How many calls wait. */
  int waiting() {
    return waiting;
  }

  /**
   * Takes the next batch out.
   *
   * @param weightNow the most keys this time, at most what the planner was made with
   * @return null when no call is left
   */
  @Nullable List<Work<Q, R>> next(long nowNanos, int weightNow) {
    while (true) {
      ArrayDeque<Work<Q, R>> group = turns.pollFirst();
      if (group == null) {
        return null;
      }
      List<Work<Q, R>> batch = take(group, nowNanos, Math.min(weightNow, maxWeight));
      if (!group.isEmpty()) {
        turns.addLast(group);
      }
      if (!batch.isEmpty()) {
        return batch;
      }
    }
  }

  private List<Work<Q, R>> take(ArrayDeque<Work<Q, R>> group, long nowNanos, int most) {
    List<Work<Q, R>> batch = new ArrayList<>(Math.min(group.size(), most));
    int weight = 0;
    long bytes = 0;
    for (int looked = 0; looked < MOST_LOOKED_AT; looked++) {
      Work<Q, R> work = group.peekFirst();
      if (work == null) {
        break;
      }
      if (work.isExpired(nowNanos)) {
        group.removeFirst();
        waiting--;
        expired.accept(work);
        continue;
      }
      if (!batch.isEmpty() && (weight + work.weight() > most || bytes + work.bytes() > maxBytes)) {
        break;
      }
      group.removeFirst();
      if (claimKeys(work.exclusive())) {
        batch.add(work);
        waiting--;
        weight += work.weight();
        bytes += work.bytes();
      } else {
        heldBack.add(work);
      }
    }
    for (int i = heldBack.size() - 1; i >= 0; i--) {
      group.addFirst(heldBack.get(i));
    }
    heldBack.clear();
    keys.clear();
    return batch;
  }

  /**
   * Whether none of the keys is another's already. They are claimed in any case: what comes later
   * must overtake neither a call in the batch nor one that was held back.
   */
  private boolean claimKeys(List<Key> claimed) {
    boolean free = true;
    for (int i = 0; i < claimed.size(); i++) {
      free &= keys.add(claimed.get(i));
    }
    return free;
  }
}
