package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.Commits.Work;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.transact.Started;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is written to a tables file, in the order in which it came, on a thread of its own: callers
 * that wait together share a transaction and so a sync, each in a savepoint, so that what fails
 * fails by itself. A transaction that is done step by step has the thread, and the file, alone.
 */
final class TableLane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TableLane.class);

  /** What one transaction holds at most: beyond it a sync costs little of it. */
  private static final int MOST_TOGETHER = 256;

  private final Commits<TableWrites> commits;
  private final Runnable wrote;
  private final LinkedBlockingDeque<Task> waiting = new LinkedBlockingDeque<>();
  private final Thread thread;
  private final AtomicBoolean started = new AtomicBoolean();
  private volatile @Nullable TableSession current;
  private volatile boolean closed;

  /** What waits for the thread. */
  sealed interface Task permits Job, TableSession, End {
    /** Nobody is to wait for it any more; false where its turn has come. */
    boolean withdraw(RuntimeException why);
  }

  /** The last task. */
  private record End() implements Task {
    @Override
    public boolean withdraw(RuntimeException why) {
      return false;
    }
  }

  /** One caller's part of a transaction. */
  private static final class Job<T> implements Task {
    private final Work<TableWrites, T> work;
    private final @Nullable Patience patience;
    private final CompletableFuture<T> outcome = new CompletableFuture<>();
    private final AtomicBoolean taken = new AtomicBoolean();
    private @Nullable T result;
    private @Nullable RuntimeException failure;

    Job(Work<TableWrites, T> work, @Nullable Patience patience) {
      this.work = work;
      this.patience = patience;
    }

    @Override
    public boolean withdraw(RuntimeException why) {
      boolean first = taken.compareAndSet(false, true);
      if (first) {
        outcome.completeExceptionally(why);
      }
      return first;
    }

    /**
     * Does it; what fails leaves nothing behind.
     *
     * @param several whether others are done in the same transaction
     * @throws SQLException where the transaction is to be given up whole
     */
    void attempt(TableWrites tables, boolean several) throws SQLException {
      failure = null;
      if (several) {
        tables.savepoint();
      }
      RuntimeException own;
      try {
        result = run(tables);
        if (several) {
          tables.keep();
        }
        return;
      } catch (PrismException e) {
        own = e;
      } catch (SQLException e) {
        if (!several || !Failures.mayBeOneWrites(e)) {
          throw e;
        }
        own = Failures.answerOfTables(e);
      }
      if (!several) {
        throw own;
      }
      failure = own;
      tables.undo();
    }

    private T run(TableWrites tables) throws SQLException {
      Patience caller = patience;
      if (caller == null) {
        return work.run(tables);
      }
      if (caller.isOver()) {
        throw over();
      }
      return caller.during(tables::interrupt, () -> work.run(tables));
    }

    void done() {
      if (failure != null) {
        outcome.completeExceptionally(failure);
      } else {
        outcome.complete(result);
      }
    }
  }

  /**
   * @param wrote is told of each transaction that was committed
   */
  TableLane(String name, Commits<TableWrites> commits, Runnable wrote) {
    this.commits = commits;
    this.wrote = wrote;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  static PrismException over() {
    return PrismException.of(Reason.DEADLINE_EXCEEDED, "the deadline passed: nothing was changed");
  }

  /**
   * Does the work in a transaction, and returns when that is durable. Where it throws nothing of it
   * is there.
   *
   * @throws PrismException what the work threw, or how the database failed; DEADLINE_EXCEEDED where
   *     patience ended first
   */
  <T> T run(Work<TableWrites, T> work, Patience patience) {
    Job<T> job = new Job<>(work, patience);
    return patience.during(
        () -> giveUp(job),
        () -> {
          enqueue(job);
          return await(job.outcome);
        });
  }

  /** As {@link #run}; empty where its turn has not come within {@code nanos}. */
  <T> Optional<T> within(long nanos, Work<TableWrites, T> work) {
    Job<T> job = new Job<>(work, null);
    enqueue(job);
    try {
      return Optional.of(job.outcome.get(nanos, TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return giveUp(job) ? Optional.empty() : Optional.of(await(job.outcome));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return giveUp(job) ? Optional.empty() : Optional.of(await(job.outcome));
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /** Does it when its turn comes, and then {@code after}; nobody waits for that. */
  void later(Work<TableWrites, Boolean> work, Runnable after) {
    Job<Boolean> job = new Job<>(work, null);
    var _ = job.outcome.whenComplete((_, _) -> after.run());
    enqueue(job);
  }

  /** Begins a transaction that has the file alone until it ends; waits for its turn. */
  Started begin(TableSession session, Patience patience) {
    return patience.during(
        () -> giveUp(session),
        () -> {
          enqueue(session);
          return await(session.started());
        });
  }

  /** Nobody waits for it any more: nor is it, or what it holds, kept until its turn. */
  private boolean giveUp(Task task) {
    boolean first = task.withdraw(over());
    if (first) {
      waiting.remove(task);
    }
    return first;
  }

  private void enqueue(Task task) {
    if (started.compareAndSet(false, true)) {
      thread.start();
    }
    waiting.add(task);
    if (closed) {
      refuseWaiting();
    }
  }

  /** The outcome, however long it takes; what it failed with is thrown. */
  static <T> T await(CompletableFuture<T> outcome) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return outcome.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw failure(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException failure(ExecutionException e) {
    return e.getCause() instanceof RuntimeException own
        ? own
        : new IllegalStateException("the lane failed", e);
  }

  private void run() {
    List<Job<?>> together = new ArrayList<>();
    while (true) {
      Task next = take();
      if (next instanceof Job<?> job) {
        if (job.taken.compareAndSet(false, true)) {
          together.add(job);
        }
        if (waiting.peek() instanceof Job && together.size() < MOST_TOGETHER) {
          continue;
        }
      }
      if (!together.isEmpty()) {
        runAll(together);
        together.clear();
        wrote.run();
      }
      if (next instanceof TableSession session) {
        current = session;
        session.run(commits);
        current = null;
        wrote.run();
      } else if (next instanceof End) {
        return;
      }
    }
  }

  private Task take() {
    while (true) {
      try {
        return waiting.take();
      } catch (InterruptedException e) {
        LOG.debug("the lane is not ended by an interrupt");
      }
    }
  }

  private void runAll(List<Job<?>> jobs) {
    try {
      transaction(jobs);
      return;
    } catch (SQLException e) {
      if (jobs.size() == 1 || !Failures.mayBeOneWrites(e)) {
        LOG.debug("a transaction of {} failed: {}", jobs.size(), Failures.code(e));
        endAll(jobs, Failures.answerOfTables(e));
        return;
      }
    } catch (PrismException e) {
      endAll(jobs, e);
      return;
    } catch (RuntimeException e) {
      if (jobs.size() == 1) {
        endAll(jobs, e);
        return;
      }
    } catch (Error e) {
      endAll(jobs, PrismException.of(Reason.INTERNAL, "the plugin failed; nothing was changed"));
      throw e;
    }
    // Hazard 22: one by one, so that only the guilty caller fails.
    for (Job<?> job : jobs) {
      runAll(List.of(job));
    }
  }

  private void transaction(List<Job<?>> jobs) throws SQLException {
    commits.<Boolean>transaction(
        tables -> {
          tables.lock();
          for (Job<?> job : jobs) {
            job.attempt(tables, jobs.size() > 1);
          }
          return true;
        });
    jobs.forEach(Job::done);
  }

  private static void endAll(List<Job<?>> jobs, RuntimeException failure) {
    jobs.forEach(job -> job.outcome.completeExceptionally(failure));
  }

  private void refuseWaiting() {
    PrismException why = PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    waiting.removeIf(task -> task.withdraw(why));
  }

  /** Undoes what is done step by step, ends after what is being done now, and refuses the rest. */
  @Override
  public void close() {
    closed = true;
    refuseWaiting();
    waiting.add(new End());
    TableSession open = current;
    if (open != null) {
      open.close();
    }
    if (!started.compareAndSet(false, true)) {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    refuseWaiting();
  }
}
