package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.Commits.Work;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has callers that come together share a transaction, and so a sync. Whoever comes first does the
 * work of all that wait, on its own thread; those that come meanwhile are the next transaction's.
 */
final class QueueLane {
  private static final Logger LOG = LoggerFactory.getLogger(QueueLane.class);

  private final Commits<QueueTables> commits;
  private final Queue<Job<?>> waiting = new ConcurrentLinkedQueue<>();
  private final ReentrantLock turn = new ReentrantLock();

  /** One caller's part of a transaction, and what became of it. Guarded by the turn. */
  private static final class Job<T> {
    private final Work<QueueTables, T> work;
    private @Nullable T result;
    private @Nullable RuntimeException failure;
    private boolean ended;

    Job(Work<QueueTables, T> work) {
      this.work = work;
    }

    /** A refusal is this job's own affair: it is thrown before anything is written. */
    void attempt(QueueTables tables) throws SQLException {
      failure = null;
      try {
        result = work.run(tables);
      } catch (PrismException refusal) {
        failure = refusal;
      }
    }

    void end(@Nullable RuntimeException ofAll) {
      failure = ofAll == null ? failure : ofAll;
      ended = true;
    }

    @SuppressWarnings("NullAway") // the work's own result, which may be null where T is
    T outcome() {
      if (failure != null) {
        throw failure;
      }
      return result;
    }
  }

  QueueLane(Commits<QueueTables> commits) {
    this.commits = commits;
  }

  /**
   * Does the work in a transaction, and returns when that is durable.
   *
   * @param work throws {@link PrismException} before it writes anything, or not at all
   * @throws PrismException what the work threw, or how the database failed
   */
  <T> T run(Work<QueueTables, T> work) {
    Job<T> job = new Job<>(work);
    waiting.add(job);
    turn.lock();
    try {
      if (!job.ended) {
        runWaiting();
      }
    } finally {
      turn.unlock();
    }
    return job.outcome();
  }

  private void runWaiting() {
    List<Job<?>> jobs = new ArrayList<>();
    for (Job<?> job = waiting.poll(); job != null; job = waiting.poll()) {
      jobs.add(job);
    }
    try {
      transaction(jobs);
      return;
    } catch (SQLException e) {
      LOG.warn("a transaction of {} failed: {}", jobs.size(), Failures.code(e));
      if (jobs.size() == 1 || !Failures.mayBeOneWrites(e)) {
        endAll(jobs, Failures.answer(e));
        return;
      }
    } catch (RuntimeException e) {
      if (jobs.size() == 1 || e instanceof PrismException) {
        endAll(jobs, e);
        return;
      }
    } catch (Error e) {
      endAll(jobs, PrismException.of(Reason.INTERNAL, "the plugin failed; nothing was changed"));
      throw e;
    }
    // Hazard 22: one by one, so that only the guilty caller fails.
    for (Job<?> job : jobs) {
      try {
        transaction(List.of(job));
      } catch (SQLException e) {
        job.end(Failures.answer(e));
      } catch (RuntimeException e) {
        job.end(e);
      }
    }
  }

  private void transaction(List<Job<?>> jobs) throws SQLException {
    commits.<Boolean>transaction(
        tables -> {
          for (Job<?> job : jobs) {
            job.attempt(tables);
          }
          return true;
        });
    for (Job<?> job : jobs) {
      job.end(null);
    }
  }

  private static void endAll(List<Job<?>> jobs, RuntimeException failure) {
    for (Job<?> job : jobs) {
      job.end(failure);
    }
  }
}
