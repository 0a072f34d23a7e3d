package dev.prism.sdk.pubsub;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A backend that carries events to whoever listens at the time, each at most once ({@code
 * docs/pubsub.md} has the contract). Methods block, and are called by the runtime, which has
 * checked names, sizes and capabilities before.
 *
 * <p>A method throws {@link dev.prism.status.PrismException} as {@code MessageQueue}'s do.
 */
public interface PubSub extends AutoCloseable {
  /** What this backend can do; asked once. */
  Set<Capability> capabilities();

  /**
   * Sends events, in their order, and returns when the backend has taken them. Called by one thread
   * at a time.
   *
   * @return one result an event, in order: empty where it was sent, or why it was not
   */
  List<Optional<Status>> publish(String namespace, List<Emission> emissions);

  /**
   * Has {@code listener} told of the events whose topics the pattern matches. When it returns the
   * listening is in force: what is published from then on is heard.
   *
   * @param group of the listeners with the same pattern and group, in all processes, one hears each
   *     event; empty: this one hears all. Only where {@code QUEUE_GROUPS} is declared
   */
  Listening listen(String namespace, TopicPattern pattern, String group, Listener listener);

  /**
   * Whether the backend answers now; called about once a second and bound by a second. Throws when
   * it does not.
   */
  void ping();

  /** Lets go of everything; no call is running and none follows. */
  @Override
  void close();
}
