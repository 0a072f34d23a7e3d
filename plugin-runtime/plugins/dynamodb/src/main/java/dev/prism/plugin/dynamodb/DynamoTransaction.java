package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.status.PrismException;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * A transaction step by step. DynamoDB has none: rows are read as they are needed and remembered,
 * writes are kept here, and the commit sends everything at once, on condition that what was read is
 * still so. Until then DynamoDB has been told nothing.
 */
final class DynamoTransaction implements Transaction {
  private final TransactWrites writes;
  private final Remembering remembering;
  private final Mailboxes mailboxes;
  private final Patience patience;
  private final Held held;
  private final TableRows rows;
  private @Nullable Posting posting;
  private long holds;
  private volatile boolean ended;

  /** The mailboxes of the namespace. */
  interface Mailboxes {
    /** What is to be put in them by one transaction. */
    Posting posting();

    /** Commits what puts messages in them, when it is its turn, and tells their readers. */
    void commit(Posting posting, Patience patience, Runnable commit);
  }

  /**
   * @param held what this process's transactions hold
   */
  DynamoTransaction(
      TransactWrites writes,
      Remembering remembering,
      Mailboxes mailboxes,
      Held held,
      Patience patience) {
    this.writes = writes;
    this.remembering = remembering;
    this.mailboxes = mailboxes;
    this.held = held;
    this.patience = patience;
    this.rows =
        new TableRows(
            unseen -> writes.look(patience).at(unseen),
            AllOrNone.MOST_CHANGES - remembering.count());
  }

  private void checkTime() {
    if (ended || patience.isOver()) {
      throw Refusals.over();
    }
  }

  @Override
  public int write(TableWrite write) {
    checkTime();
    int changed = rows.write(write);
    bound();
    return changed;
  }

  /** Keeps rows and messages together within what one request may have. */
  private void bound() {
    Posting puts = posting;
    if (rows.count() + (puts == null ? 0 : puts.count()) + remembering.count()
        > AllOrNone.MOST_CHANGES) {
      throw Refusals.tooManyItems();
    }
    long size = rows.size() + (puts == null ? 0 : puts.size());
    if (size > AllOrNone.MOST_BYTES) {
      throw Refusals.tooLarge();
    }
    hold(size);
  }

  private synchronized void hold(long size) {
    if (ended) {
      throw Refusals.over();
    }
    held.add(size - holds);
    holds = size;
  }

  @Override
  public void put(List<Outgoing> messages) {
    checkTime();
    Posting puts = posting == null ? mailboxes.posting() : posting;
    posting = puts;
    puts.add(messages);
    bound();
    puts.checkFree(messages);
  }

  @Override
  public Chunk select(Query query, PageSize size, boolean lock) {
    checkTime();
    List<TableRow> named = new ArrayList<>();
    for (Map<String, AttributeValue> key : KeyFilter.keys(query, AllOrNone.MOST_CHANGES)) {
      named.add(rows.row(query.table(), key));
    }
    rows.see(named, KeyFilter.columns(query));
    bound();
    List<TableRow> found = new ArrayList<>();
    for (TableRow row : named) {
      if (row.isPresent()
          && (query.filter() == null || query.filter().holds(column -> row.value(column.name())))) {
        found.add(row);
      }
    }
    found.sort(order(query));
    return chunk(query, found, size);
  }

  private static Comparator<TableRow> order(Query query) {
    List<Order> sort = new ArrayList<>(query.sort());
    query.table().key().forEach(column -> sort.add(new Order(column, false)));
    return Comparator.comparing(
        row -> sort.stream().map(step -> row.value(step.column().name())).toList(), Order.by(sort));
  }

  private static Chunk chunk(Query query, List<TableRow> found, PageSize size) {
    List<List<Value>> answered = new ArrayList<>();
    Chunk.End end = Chunk.End.TABLE;
    long bytes = 0;
    for (TableRow row : found) {
      List<Value> values =
          query.columns().stream().map(column -> row.value(column.name())).toList();
      bytes += values.stream().mapToLong(Value::getSerializedSize).sum();
      if (answered.size() == size.rows() || (bytes > size.bytes() && !answered.isEmpty())) {
        end = answered.size() == size.rows() ? Chunk.End.ROWS : Chunk.End.BYTES;
        break;
      }
      answered.add(values);
    }
    return new Chunk(query.columns().stream().map(Column::name).toList(), answered, null, end);
  }

  @Override
  public void commit() {
    checkTime();
    Posting puts = posting;
    if (puts == null) {
      commit(null);
    } else {
      mailboxes.commit(puts, patience, () -> commit(puts));
    }
  }

  private void commit(@Nullable Posting puts) {
    List<TransactWriteItem> fixed = new ArrayList<>(remembering.changes(new byte[0]));
    fixed.addAll(rows.together());
    if (fixed.isEmpty() && puts == null) {
      return;
    }
    Deadline deadline = writes.deadline(patience);
    for (int attempt = 0; ; attempt++) {
      List<TransactWriteItem> changes = new ArrayList<>(fixed);
      if (puts != null) {
        if (attempt > 0) {
          puts.checkFree(puts.messages());
        }
        changes.addAll(puts.changes());
      }
      AllOrNone.Refusal refusal;
      try {
        refusal = writes.send(deadline, changes, rows);
      } catch (PrismException unknown) {
        if (isDone(puts)) {
          return;
        }
        throw unknown;
      }
      if (refusal == null || (refusal.failure() == Failure.CONDITION && isDone(puts))) {
        return;
      }
      // What others do at this moment may leave everything as it was seen, and that they write to
      // the same key of a mailbox does not matter.
      boolean changed =
          refusal.failure() == Failure.CONDITION && (puts == null || !refusal.holds(fixed.size()));
      if (!refusal.mayPass() || changed || !deadline.pause(attempt)) {
        throw Refusals.of(refusal);
      }
    }
  }

  /** Whether it was done before, as what is remembered of it tells. */
  private boolean isDone(@Nullable Posting puts) {
    boolean done = remembering.isDone();
    if (done && puts != null) {
      puts.writtenSomehow();
    }
    return done;
  }

  @Override
  public synchronized void close() {
    ended = true;
    held.remove(holds);
    holds = 0;
  }
}
