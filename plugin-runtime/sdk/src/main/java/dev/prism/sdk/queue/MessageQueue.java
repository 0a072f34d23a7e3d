package dev.prism.sdk.queue;

import dev.prism.sdk.Capability;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A backend that keeps messages in topics and delivers each at least once to every group of
 * consumers ({@code docs/queue.md} has the contract). All methods block and are called by the
 * runtime, which has checked names, sizes, capabilities and deadlines before and has joined
 * concurrent calls into batches (hazard 22).
 *
 * <p>A method throws {@link dev.prism.status.PrismException} for a definite failure of everything
 * it was given, {@code TOPIC_NOT_FOUND} and {@code NOT_PROVISIONED} among them. For a failure of
 * which it cannot know whether it took effect it throws one with reason {@code OUTCOME_UNKNOWN},
 * and for a backend that does not answer one with {@code BACKEND_UNAVAILABLE}. Any other exception
 * is logged and answered INTERNAL.
 */
public interface MessageQueue extends AutoCloseable {
  /** What this queue can do; asked once. */
  Set<Capability> capabilities();

  /**
   * Writes the publications, those of one topic in order, and returns when all of them are as
   * durable as the queue declares. Each succeeds or fails for itself. Called by one thread at a
   * time, and now and then by that of {@link #acknowledge} with a dead letter.
   *
   * @return one result a publication, in order
   */
  List<PublicationResult> publish(String namespace, List<Publication> publications);

  /** How many batches of publications are worth having under way at once; asked once. */
  default int batchesUnderWay() {
    return 1;
  }

  /**
   * The most messages under way beside which another batch is worth sending; asked once. Where each
   * batch costs the backend much, as a write to its disk does, a small number makes few batches of
   * many messages under load and spares a message the wait for the one before where there is none.
   */
  default int messagesUnderWay() {
    return Integer.MAX_VALUE;
  }

  /**
   * How long a batch of publications waits at most for the callers of a large one that was just
   * answered, in nanoseconds; asked once. 0: not at all. Worth it where a batch takes much longer
   * than callers take to come back, and about as long with half of them as with all.
   */
  default long gatherNanos() {
    return 0;
  }

  /**
   * As {@link #publish} in two steps, for a backend that takes what is sent in its order: sends the
   * publications, and leaves it to the result to wait for their acknowledgements, while the next
   * ones are sent. The first step is called by one thread at a time.
   *
   * @return gives the results, on the thread that has called this: all of them, or those of the
   *     first publications, at least one, and is then called again for the next ones
   */
  default Supplier<List<PublicationResult>> send(String namespace, List<Publication> publications) {
    List<PublicationResult> results = publish(namespace, publications);
    if (results.size() != publications.size()) {
      throw new IllegalStateException(
          "the queue gave "
              + results.size()
              + " results for "
              + publications.size()
              + " publications");
    }
    return () -> results;
  }

  /**
   * A new consumer of a group, whose position is made at {@link Subscription#start} where it has
   * none.
   */
  Consumer subscribe(String namespace, Subscription subscription);

  /** Reads a topic without a group. */
  MessageReader read(String namespace, String topic, Start start);

  /**
   * Takes what became of deliveries of groups, those of other processes and of consumers that are
   * gone included. Called by one thread at a time, but beside {@link #publish}.
   *
   * @return one result an ack, in order
   */
  List<AckResult> acknowledge(String namespace, List<Ack> acks);

  /** Acknowledges, for a group, every message before the offsets given; none goes back. */
  void commit(String namespace, String topic, String group, Map<Integer, Long> offsets);

  /**
   * Moves a group, and makes it where it is not there. Receipts of its deliveries in flight expire.
   *
   * @param target never {@link Start.Committed}
   * @return where the group stands now, every partition
   */
  Map<Integer, Long> seek(String namespace, String topic, String group, Start target);

  /**
   * What a topic holds.
   *
   * @param groups which to answer for; empty: all that have a position, at most 1000
   */
  TopicInfo info(String namespace, String topic, List<String> groups);

  /**
   * Brings a topic into being as {@link Topics} has it, whatever {@link Topic#create} says, where
   * it is missing; what is there is left as it is. Rare, for an administrator; called on a virtual
   * thread, beside everything else.
   *
   * @param dryRun change nothing, and say what would be done
   */
  default Provisioned provision(String namespace, String topic, boolean dryRun) {
    throw PrismException.of(
        Reason.METHOD_UNIMPLEMENTED,
        "this backend makes no topics: provision them with its own tools");
  }

  /**
   * Whether the backend answers now; called about once a second and bound by a second. Throws when
   * it does not.
   */
  void ping();

  /** Lets go of everything; no call is running and none follows. */
  @Override
  void close();
}
