package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * Does transactions that are known as a whole, each in one TransactWriteItems: it is supposed that
 * every write can be done, and that nothing is remembered, and these suppositions go along as
 * conditions. Where they do not hold the rows are looked at, and written on condition that they are
 * as they were seen.
 */
final class TransactWrites {
  /** How long a transaction is tried again that others get in the way of, and how long a look. */
  private static final long PATIENCE_MILLIS = 8000;

  private final Dynamo dynamo;
  private final TableCatalog catalog;
  private final ItemTable items;

  TransactWrites(Dynamo dynamo, TableCatalog catalog, ItemTable items) {
    this.dynamo = dynamo;
    this.catalog = catalog;
    this.items = items;
  }

  Deadline deadline(Patience patience) {
    return Deadline.within(Math.min(PATIENCE_MILLIS, patience.leftMillis()));
  }

  /** What looks at rows. */
  TableRows.Look look(Patience patience) {
    return rows -> {
      // A millisecond more than is left: a look that ends by it is late without doubt.
      Duration timeout =
          Duration.ofMillis(Math.clamp(patience.leftMillis() + 1, 1, PATIENCE_MILLIS));
      try {
        new RowReads(dynamo, deadline(patience), timeout).at(rows);
      } catch (PrismException e) {
        if (patience.isOver() || patience.leftMillis() == 0) { // whoever ends it may be late
          throw Refusals.over();
        }
        if (e.reason() != Reason.TRANSACTION_CONFLICT) {
          rows.keySet().forEach(row -> catalog.forget(row.table())); // it may be another, or gone
        }
        throw e;
      }
    };
  }

  /**
   * Sends what is to be done together.
   *
   * @return null where it was done; otherwise why it certainly was not
   * @throws PrismException OUTCOME_UNKNOWN
   */
  AllOrNone.@Nullable Refusal send(
      Deadline deadline, List<TransactWriteItem> changes, TableRows rows) {
    AllOrNone.Refusal refusal = AllOrNone.send(dynamo, deadline, changes);
    if (refusal != null && !refusal.mayPass()) {
      rows.tables().forEach(catalog::forget);
      if (refusal.failure() == Failure.MISSING) {
        items.missing();
      }
    }
    return refusal;
  }

  /** As {@link dev.prism.sdk.transact.Transactor#write}. */
  WriteOutcome write(WriteUnit unit, Posting posting, Remembering remembering, Patience patience) {
    int most = AllOrNone.MOST_CHANGES - remembering.count() - posting.count();
    if (TableRows.count(unit.writes()) > most) {
      throw posting.isEmpty() ? Refusals.tooManyRows(most) : Refusals.tooManyItems();
    }
    Deadline deadline = deadline(patience);
    WriteOutcome sent = null;
    PrismException refused = Refusals.over(); // what a caller is told whose time is up
    for (int attempt = 0; ; attempt++) {
      if (patience.isOver()) {
        throw refused;
      }
      WriteOutcome known = attempt == 0 ? null : known(remembering, sent);
      if (known != null) {
        posting.writtenSomehow();
        return known;
      }
      Attempt next;
      try {
        next = attempt(unit, posting, remembering, attempt == 0 ? null : look(patience), most);
      } catch (PrismException e) {
        throw e.reason() == Reason.DEADLINE_EXCEEDED ? refused : e;
      }
      if (next == null) {
        continue; // what was supposed cannot be
      }
      sent = next.outcome() == null ? sent : next.outcome();
      AllOrNone.Refusal refusal;
      try {
        refusal = send(deadline, next.changes(), next.rows());
      } catch (PrismException unknown) {
        if (next.outcome() != null && remembering.isDone()) {
          posting.writtenSomehow();
          return next.outcome();
        }
        throw unknown;
      }
      if (refusal == null) {
        return next.answer();
      }
      boolean supposed = attempt == 0 && refusal.failure() == Failure.CONDITION;
      if (!supposed) {
        refused = Refusals.of(refusal);
      }
      if (!refusal.mayPass() || (!supposed && !deadline.pause(attempt))) {
        throw Refusals.of(refusal);
      }
    }
  }

  /**
   * What is sent.
   *
   * @param outcome what it comes to; null: it only asks whether it was not done before
   * @param refused what is answered then
   */
  private record Attempt(
      TableRows rows,
      List<TransactWriteItem> changes,
      @Nullable WriteOutcome outcome,
      @Nullable PrismException refused) {
    WriteOutcome answer() {
      if (outcome == null) {
        throw refused == null ? new IllegalStateException("nothing was to be done") : refused;
      }
      return outcome;
    }
  }

  /**
   * @param look null: everything is supposed
   * @return null where that leads nowhere
   */
  private static @Nullable Attempt attempt(
      WriteUnit unit,
      Posting posting,
      Remembering remembering,
      TableRows.@Nullable Look look,
      int most) {
    TableRows rows = new TableRows(look == null ? TransactWrites::unsupposed : look, most);
    try {
      if (look != null) {
        rows.seeAll(unit.writes());
      }
      List<Integer> changed = new ArrayList<>(unit.writes().size());
      for (TableWrite write : unit.writes()) {
        if (look == null) {
          rows.suppose(write);
        }
        changed.add(rows.write(write));
      }
      List<TransactWriteItem> changes =
          new ArrayList<>(remembering.changes(unit.encode().apply(changed)));
      changes.addAll(rows.together());
      if (rows.size() + posting.size() > AllOrNone.MOST_BYTES) {
        throw Refusals.tooLarge();
      }
      if (look != null) {
        posting.checkFree(unit.messages());
      }
      changes.addAll(posting.changes());
      return new Attempt(rows, changes, new WriteOutcome.Committed(changed), null);
    } catch (PrismException e) {
      if (look == null) {
        return null;
      }
      if (remembering.count() == 0) {
        throw e;
      }
      return new Attempt(rows, remembering.checks(), null, e);
    }
  }

  private static void unsupposed(Object rows) {
    throw Refusals.conflict();
  }

  /** What is to be answered without doing anything; null where nothing is known. */
  private static @Nullable WriteOutcome known(
      Remembering remembering, @Nullable WriteOutcome sent) {
    return switch (remembering.look()) {
      case Remembering.Known.Nothing _ -> null;
      case Remembering.Known.Done _ -> sent;
      case Remembering.Known.Response(byte[] response) -> new WriteOutcome.Replayed(response);
      case Remembering.Known.Processed _ -> new WriteOutcome.AlreadyProcessed();
    };
  }
}
