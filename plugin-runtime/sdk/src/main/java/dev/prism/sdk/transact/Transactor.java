package dev.prism.sdk.transact;

import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose tables and mailboxes are written in transactions. All methods block and are
 * called by the runtime on virtual threads, many at once unless they say otherwise; names, sizes,
 * values and capabilities have been checked before.
 *
 * <p>A method throws {@link PrismException} for what its caller is to be told: TRANSACTION_CONFLICT
 * where another transaction got in the way and nothing was done, OUTCOME_UNKNOWN where the commit
 * was sent and its outcome is not known. Any other exception is logged and answered INTERNAL.
 *
 * <p>Mailboxes: a message is there when its transaction has committed, is delivered at least once,
 * and not while an earlier one of its key is delivered or waits. Those of one key come in the order
 * of their commits, in which their sequences grow.
 */
public interface Transactor extends AutoCloseable {
  /** What this backend can do; asked once. */
  Set<Capability> capabilities();

  /** The levels that may be asked for; for some a stronger one may be given. Asked once. */
  Set<Isolation> isolationLevels();

  /** How many step by step transactions may be open or wait for their turn; asked once. */
  int transactions();

  /**
   * The table of this name, or null where there is none that the plugin may see.
   *
   * @param name 1 to 128 characters of {@code [A-Za-z0-9_.-]}
   */
  @Nullable Table table(String namespace, String name);

  /**
   * Does a transaction; returns when it is as durable as declared, or throws and nothing was done.
   * Where {@code patience} ends before the commit was sent it is rolled back with
   * DEADLINE_EXCEEDED.
   */
  WriteOutcome write(String namespace, WriteUnit unit, Patience patience);

  /**
   * Begins a transaction step by step; waits for its turn.
   *
   * @param patience ends at the transaction's timeout; interrupts its steps
   */
  Started begin(String namespace, Start start, Patience patience);

  /**
   * Takes what became of deliveries; one result each, in order. One thread at a time for those that
   * callers say, besides which the runtime buries what was delivered too often. Only where {@code
   * MAILBOX} is declared.
   */
  default List<SettlementResult> acknowledge(String namespace, List<Settlement> settlements) {
    throw new IllegalStateException("mailboxes are not declared");
  }

  /**
   * Begins to read a mailbox; all that read it share its messages. Of a delivery the message's
   * offset is its sequence, the partition 0; of its receipt the topic is the mailbox and the group
   * {@value #RECEIPT_GROUP}. Only where {@code MAILBOX} is declared.
   */
  default Consumer read(String namespace, String mailbox, long ackTimeoutMillis) {
    throw new IllegalStateException("mailboxes are not declared");
  }

  /** What the receipts of mailboxes have as their group: no group of a queue is called so. */
  String RECEIPT_GROUP = "@mailbox";

  /** Throws where the backend does not answer. */
  void ping();

  @Override
  void close();
}
