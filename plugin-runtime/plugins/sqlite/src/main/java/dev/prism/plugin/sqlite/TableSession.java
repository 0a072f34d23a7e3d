package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.Commits.Work;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.status.PrismException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A transaction that is done step by step: the lane's thread does what the caller's thread hands
 * over, and nothing else until it ends. Where the caller hands over nothing for longer than the
 * transaction may last, it is undone.
 */
final class TableSession implements TableLane.Task, Transaction {
  private final Work<TableWrites, Optional<Started>> opening;
  private final Patience patience;
  private final InstantSource clock;
  private final Consumer<Set<String>> committed;
  private final Set<String> mailboxes = new HashSet<>();
  private final long endNanos;
  private final BlockingQueue<Step<?>> steps = new LinkedBlockingQueue<>();
  private final CompletableFuture<Started> started = new CompletableFuture<>();

  /** Whether it was committed. */
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  private final AtomicBoolean taken = new AtomicBoolean();

  /** What the caller hands over. */
  private record Step<T>(Kind kind, Work<TableWrites, T> work, CompletableFuture<T> outcome) {
    static <T> Step<T> of(Work<TableWrites, T> work) {
      return new Step<>(Kind.WORK, work, new CompletableFuture<>());
    }

    static Step<Boolean> of(Kind kind) {
      return new Step<>(kind, _ -> true, new CompletableFuture<>());
    }

    /** Whether more may follow. */
    boolean run(TableWrites tables, Patience patience) {
      try {
        if (patience.isOver()) {
          throw TableLane.over();
        }
        outcome.complete(patience.during(tables::interrupt, () -> work.run(tables)));
        return true;
      } catch (SQLException e) {
        outcome.completeExceptionally(
            patience.isOver() ? TableLane.over() : Failures.answerOfTables(e));
      } catch (RuntimeException e) {
        outcome.completeExceptionally(e);
      }
      return false;
    }
  }

  private enum Kind {
    WORK,
    COMMIT,
    UNDO
  }

  /** Ends the transaction without a commit. */
  private static final class Undone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Undone() {
      super("undone", null, false, false);
    }
  }

  /**
   * @param opening is done first, and says how it began where it is not to run
   * @param committed is told of the mailboxes that have got messages
   */
  TableSession(
      Work<TableWrites, Optional<Started>> opening,
      Start start,
      Patience patience,
      InstantSource clock,
      Consumer<Set<String>> committed) {
    this.opening = opening;
    this.patience = patience;
    this.clock = clock;
    this.committed = committed;
    this.endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(start.timeoutMillis());
  }

  /** How it began, once its turn has come. */
  CompletableFuture<Started> started() {
    return started;
  }

  @Override
  public boolean withdraw(RuntimeException why) {
    boolean first = taken.compareAndSet(false, true);
    if (first) {
      started.completeExceptionally(why);
      ended.complete(false);
    }
    return first;
  }

  // ---- the lane's thread ----

  /** Runs to its end. */
  void run(Commits<TableWrites> commits) {
    if (!taken.compareAndSet(false, true)) {
      return;
    }
    try {
      commits.<Boolean>transaction(
          tables -> {
            tables.lock();
            steps(tables);
            return true;
          });
      ended.complete(true);
    } catch (Undone e) {
      ended.complete(false);
    } catch (SQLException e) {
      fail(Failures.answerOfTables(e));
    } catch (RuntimeException e) {
      fail(e);
    } finally {
      // A step that came too late; one that comes from now on finds that it has ended.
      for (Step<?> step = steps.poll(); step != null; step = steps.poll()) {
        step.outcome().completeExceptionally(TableLane.over());
      }
    }
  }

  private void fail(RuntimeException e) {
    started.completeExceptionally(e); // nothing where it has begun
    ended.completeExceptionally(e);
  }

  private void steps(TableWrites tables) throws SQLException {
    Optional<Started> instead = patience.during(tables::interrupt, () -> opening.run(tables));
    started.complete(instead.orElseGet(() -> new Started.Open(this)));
    if (instead.isPresent()) {
      throw new Undone();
    }
    boolean whole = true;
    while (true) {
      Step<?> step = next();
      switch (step.kind()) {
        case COMMIT -> {
          if (!whole || patience.isOver()) {
            throw new Undone();
          }
          return;
        }
        case UNDO -> throw new Undone();
        case WORK -> whole &= step.run(tables, patience);
      }
    }
  }

  private Step<?> next() {
    try {
      Step<?> step = steps.poll(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (step != null) {
        return step;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new Undone();
  }

  // ---- the caller's thread ----

  private <T> T ask(Work<TableWrites, T> work) {
    Step<T> step = Step.of(work);
    steps.add(step);
    if (ended.isDone()) {
      throw TableLane.over();
    }
    return TableLane.await(step.outcome());
  }

  @Override
  public int write(TableWrite write) {
    return ask(tables -> tables.write(write));
  }

  @Override
  public void put(List<Outgoing> messages) {
    ask(
        tables -> {
          for (Outgoing message : messages) {
            tables.put(message, clock.millis());
          }
          return true;
        });
    messages.forEach(message -> mailboxes.add(message.mailbox()));
  }

  @Override
  public Chunk select(Query query, PageSize size, boolean lock) {
    return ask(tables -> tables.select(query, size, patience));
  }

  @Override
  public void commit() {
    steps.add(Step.of(Kind.COMMIT));
    if (!TableLane.await(ended)) {
      throw TableLane.over();
    }
    committed.accept(mailboxes);
  }

  @Override
  public void close() {
    steps.add(Step.of(Kind.UNDO));
    try {
      TableLane.await(ended);
    } catch (PrismException e) {
      // The commit's own failure, which was told.
    }
  }
}
