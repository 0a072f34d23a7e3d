package dev.prism.sdk.runtime;

import dev.prism.link.CallHeader;
import dev.prism.sdk.CallContext;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Joins concurrent operations into one call of the backend (hazard 22). A batch is whatever came
 * while the previous one was in flight; it waits for more only where {@link Limits#gatherNanos} is
 * given, and then for the callers of the previous one alone.
 *
 * <p>Calls are offered by the link's thread and run by {@link Lanes}, or by the link's own thread
 * where the backend never waits. No lock: a lane that wants a batch takes the plan by one
 * compare-and-set, and finds that it is taken only while another lane is putting its batch
 * together, which then wakes it.
 *
 * <p>What becomes of a batch: every call is answered after the backend's own return. A definite
 * failure of a batch of several is tried again one by one, so that only the guilty caller fails. An
 * unknown outcome goes to all of them and is not repeated, nor is a write after a failure that says
 * nothing about its outcome. A backend that is not there is nobody's guilt: all are told.
 *
 * @param <Q> what the backend is asked
 * @param <R> what it answers
 */
final class Coalescer<Q, R> {
  /**
   * The backend: one result a query, in order; fails as {@code KeyValueStore} says. Where it may be
   * asked again it may answer the first queries only, at least one.
   */
  @FunctionalInterface
  interface Backend<Q, R> {
    List<R> run(Group group, List<Q> queries);

    /**
     * As {@link #run} in two steps: what must happen in the order of the batches, and the rest. A
     * batch that fails in the first is tried again before the next one begins.
     */
    default Supplier<List<R>> begin(Group group, List<Q> queries) {
      return () -> run(group, queries);
    }

    /**
     * Whether the second step gives the results in parts: each time those of the next queries, at
     * least one.
     */
    default boolean inParts() {
      return false;
    }
  }

  /**
   * A batch that the backend has begun with.
   *
   * @param calls that have not been answered
   */
  private record Begun<Q, R>(List<Work<Q, R>> calls, Supplier<List<R>> rest, long startedNanos) {
    List<Work<Q, R>> after(List<R> results) {
      return calls.subList(results.size(), calls.size());
    }
  }

  /**
   * The bounds.
   *
   * @param batchWeight the most keys of a batch
   * @param batchBytes the most bytes of a batch
   * @param pending the most calls that wait or run
   * @param pendingBytes the most bytes of calls that wait or run
   * @param besideWeight the most keys under way beside which another batch is begun: while there
   *     are more, what waits grows into a larger one
   * @param gatherNanos how long a batch waits at most, from the answers to one of at least {@value
   *     #LARGE} calls on, until nearly as many have come again; 0 for not at all
   */
  record Limits(
      int batchWeight,
      long batchBytes,
      int pending,
      long pendingBytes,
      int besideWeight,
      long gatherNanos) {
    /** As many batches are under way as there are lanes. */
    Limits(int batchWeight, long batchBytes, int pending, long pendingBytes) {
      this(batchWeight, batchBytes, pending, pendingBytes, Integer.MAX_VALUE, 0);
    }
  }

  /** Calls of a batch whose callers the next one waits for. */
  private static final int LARGE = 12;

  private static final double NEARLY = 0.9;
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private final Backend<Q, R> backend;
  private final boolean repeatable;
  private final Limits limits;
  private final CoalescerEvents<Q, R> events;
  private final ManyToOneConcurrentArrayQueue<Work<Q, R>> queue;
  private final BatchPlanner<Q, R> planner;
  private final AtomicBoolean planning = new AtomicBoolean();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicLong pendingBytes = new AtomicLong();
  private final AtomicInteger weightUnderWay = new AtomicInteger();
  private volatile int waiting;
  private volatile int weightNow;
  private volatile int answeredCalls; // of the last batch; 0 where none is waited for
  private volatile long answeredNanos;

  /**
   * @param repeatable whether the operation may be run again after a failure that says nothing
   *     about its outcome: true for reads
   */
  Coalescer(
      Backend<Q, R> backend, boolean repeatable, Limits limits, CoalescerEvents<Q, R> events) {
    this.backend = backend;
    this.repeatable = repeatable;
    this.limits = limits;
    this.events = events;
    this.queue = new ManyToOneConcurrentArrayQueue<>(limits.pending());
    this.planner = new BatchPlanner<>(limits.batchWeight(), limits.batchBytes(), this::expire);
    this.weightNow = limits.batchWeight();
  }

  /**
   * Takes a call. Any thread; never waits.
   *
   * @throws PrismException OVERLOADED where too much waits already
   */
  void offer(Work<Q, R> work) {
    int calls = pending.incrementAndGet();
    long bytes = pendingBytes.addAndGet(work.bytes());
    // A call larger than the bound is taken when it is alone, as a batch takes one.
    if (calls > limits.pending() || (bytes > limits.pendingBytes() && calls > 1)) {
      release(work);
      throw PrismException.of(
          Reason.OVERLOADED, "the plugin has too many calls waiting; try again after a moment");
    }
    if (!queue.offer(work)) {
      throw new IllegalStateException("the queue holds fewer calls than may be pending");
    }
  }

  /** How many calls wait or run. */
  int pending() {
    return pending.get();
  }

  /** The most keys of the next batch, for a backend whose answers turn out large or small. */
  void limitWeight(int weight) {
    weightNow = Math.clamp(weight, 1, limits.batchWeight());
  }

  /** Whether a lane that goes looking for a batch now would find one. */
  boolean hasWork() {
    return !planning.get() && hasRoom() && (waiting > 0 || !queue.isEmpty());
  }

  private boolean hasRoom() {
    return weightUnderWay.get() <= limits.besideWeight();
  }

  /**
   * Makes one batch and runs it on the calling thread.
   *
   * @param more is run after the batch has been taken, where there is enough for another lane
   * @return false where there was nothing to do, another lane was just taking a batch, or so much
   *     is under way that what waits is to wait for it: the lane that has it comes back for the
   *     rest
   */
  boolean runBatch(Runnable more) {
    if (!hasRoom() || !planning.compareAndSet(false, true)) {
      return false;
    }
    List<Work<Q, R>> batch;
    Begun<Q, R> begun = null;
    try {
      gather();
      queue.drain(planner::add);
      batch = planner.next(System.nanoTime(), weightNow);
      waiting = planner.waiting();
      if (batch != null) {
        begun = beginOrFail(batch);
      }
    } finally {
      planning.set(false);
    }
    if (hasWork()) {
      more.run();
    }
    if (begun != null) {
      finish(begun);
    }
    return batch != null;
  }

  /**
   * Waits for the callers of a large batch that was just answered. Callers that wait for their
   * answers come back together: without this a batch goes out with the first of them, and the rest
   * waits for all of its time. Where calls come as they please, as many as the last batch had have
   * come meanwhile, and nothing waits.
   */
  private void gather() {
    int last = answeredCalls;
    if (last < LARGE) {
      return;
    }
    long end = answeredNanos + limits.gatherNanos();
    while (queue.size() + planner.waiting() < last * NEARLY && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
  }

  /** Whatever the backend throws is the answer of its callers, and the lane lives on. */
  private @Nullable Begun<Q, R> beginOrFail(List<Work<Q, R>> batch) {
    try {
      return begin(batch);
    } catch (Throwable e) {
      failed(batch, e);
      return null;
    }
  }

  private void finish(Begun<Q, R> first) {
    Begun<Q, R> begun = first;
    while (begun != null) {
      List<R> results;
      try {
        results = end(begun);
      } catch (Throwable e) {
        failed(begun.calls(), e);
        return;
      }
      answer(begun.calls(), results);
      List<Work<Q, R>> left = begun.after(results);
      if (limits.gatherNanos() > 0 && left.isEmpty()) {
        answeredNanos = System.nanoTime();
        answeredCalls = first.calls().size();
      }
      if (left.isEmpty()) {
        return;
      }
      begun =
          backend.inParts()
              ? new Begun<>(left, begun.rest(), begun.startedNanos())
              : beginOrFail(left);
    }
  }

  private void failed(List<Work<Q, R>> batch, Throwable failure) {
    if (batch.size() == 1 || !isWorthRepeating(failure)) {
      failAll(batch, failure);
      return;
    }
    events.isolating(batch, failure);
    for (int i = 0; i < batch.size(); i++) {
      Work<Q, R> work = batch.get(i);
      if (work.isExpired(System.nanoTime())) {
        expire(work);
        continue;
      }
      List<R> results;
      try {
        results = end(begin(List.of(work)));
      } catch (Throwable own) {
        fail(work, own);
        if (isNobodysGuilt(own)) {
          failAll(batch.subList(i + 1, batch.size()), own);
          return;
        }
        continue;
      }
      answer(work, results.getFirst());
    }
  }

  private Begun<Q, R> begin(List<Work<Q, R>> batch) {
    Group group = batch.getFirst().group();
    long started = events.sending(batch);
    weightUnderWay.addAndGet(weight(batch));
    try {
      Supplier<List<R>> rest =
          CallContext.call(
              headers(batch), () -> backend.begin(group, new View<>(batch, Work::query)));
      return new Begun<>(batch, rest, started);
    } catch (Throwable e) {
      returned(batch, started);
      throw e;
    }
  }

  private void returned(List<Work<Q, R>> batch, long started) {
    weightUnderWay.addAndGet(-weight(batch));
    events.returned(batch, started);
  }

  private static int weight(List<? extends Work<?, ?>> batch) {
    int weight = 0;
    for (Work<?, ?> work : batch) {
      weight += work.weight();
    }
    return weight;
  }

  /**
   * The results of the first calls of the batch, at least one; of all that must not be repeated and
   * are not given in parts.
   */
  private List<R> end(Begun<Q, R> begun) {
    List<Work<Q, R>> batch = begun.calls();
    List<R> results;
    try {
      results = CallContext.call(headers(batch), () -> begun.rest().get());
    } catch (Throwable e) {
      returned(batch, begun.startedNanos());
      throw e;
    }
    int given = results.size();
    boolean partly = backend.inParts() && given > 0 && given < batch.size();
    if (partly) {
      weightUnderWay.addAndGet(-weight(batch.subList(0, given)));
      return results;
    }
    returned(batch, begun.startedNanos());
    if (given > batch.size() || given < (repeatable ? 1 : batch.size())) {
      throw new IllegalStateException(
          "the backend gave " + given + " results for " + batch.size() + " calls");
    }
    return results;
  }

  private void answer(List<Work<Q, R>> batch, List<R> results) {
    if (results.size() == 1) {
      answer(batch.getFirst(), results.getFirst());
      return;
    }
    events.together(
        batch,
        () -> {
          for (int i = 0; i < results.size(); i++) {
            answer(batch.get(i), results.get(i));
          }
        });
  }

  private void answer(Work<Q, R> work, R result) {
    try {
      events.answered(work, result);
    } catch (Throwable e) {
      events.failed(work, e);
    } finally {
      release(work);
    }
  }

  private void failAll(List<Work<Q, R>> batch, Throwable failure) {
    for (Work<Q, R> work : batch) {
      fail(work, failure);
    }
  }

  private void fail(Work<Q, R> work, Throwable failure) {
    try {
      events.failed(work, failure);
    } finally {
      release(work);
    }
  }

  private void expire(Work<Q, R> work) {
    fail(
        work,
        PrismException.of(
            Reason.DEADLINE_EXCEEDED,
            "the deadline passed before the call was sent to the backend; nothing was done"));
  }

  private void release(Work<Q, R> work) {
    pendingBytes.addAndGet(-work.bytes());
    pending.decrementAndGet();
  }

  private boolean isWorthRepeating(Throwable failure) {
    return failure instanceof PrismException e
        ? e.reason() != Reason.OUTCOME_UNKNOWN && !isNobodysGuilt(e)
        : repeatable && failure instanceof Exception;
  }

  private static boolean isNobodysGuilt(Throwable failure) {
    return failure instanceof PrismException e
        && switch (e.reason()) {
          case BACKEND_UNAVAILABLE, OVERLOADED, SHUTTING_DOWN -> true;
          default -> false;
        };
  }

  private static List<CallHeader> headers(List<? extends Work<?, ?>> batch) {
    return new View<>(batch, work -> work.call().header());
  }

  /** A list seen through a function, without a copy of it. */
  private static final class View<T, U> extends AbstractList<U> {
    private final List<? extends T> list;
    private final Function<? super T, ? extends U> function;

    View(List<? extends T> list, Function<? super T, ? extends U> function) {
      this.list = list;
      this.function = function;
    }

    @Override
    public U get(int index) {
      return function.apply(list.get(index));
    }

    @Override
    public int size() {
      return list.size();
    }
  }
}
