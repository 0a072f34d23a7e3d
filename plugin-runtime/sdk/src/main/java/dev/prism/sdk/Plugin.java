package dev.prism.sdk;

import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.transact.Transactor;
import java.util.Optional;

/**
 * What the author of a backend writes. Its process is {@link PluginMain#run}: one line in a {@code
 * main} method.
 *
 * <p>A plugin offers an interface by returning a store for it; what it does not offer is refused
 * with {@code METHOD_UNIMPLEMENTED}.
 */
public interface Plugin {
  /** The plugin's name, {@code [a-z0-9-]{1,63}}: what logs, metrics and {@code GetInfo} call it. */
  String name();

  /**
   * What it talks to: {@code sqlite}, {@code postgres} ...; checked against {@code
   * PRISM_BACKEND_TYPE} where that is set. A third party's is {@code custom}.
   */
  String backendType();

  /** The plugin's version; by default what its jar's manifest says. */
  default String version() {
    String version = getClass().getPackage().getImplementationVersion();
    return version == null ? "unversioned" : version;
  }

  /**
   * Whether one process serves all that there is of the backend, so that a second is refused with
   * {@code BACKEND_SINGLE_PROCESS}: it would have other data, or the same file open.
   */
  default boolean isSingleProcess() {
    return false;
  }

  /**
   * Opens the key-value side of the backend, or is empty where there is none. Called once, on the
   * main thread, before the plugin is ready; may block.
   *
   * @throws PluginConfigException where a variable is missing or wrong: the process ends with a
   *     line that names it
   */
  default Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.empty();
  }

  /** Opens the backend's queues, as {@link #keyValue} does its values. */
  default Optional<MessageQueue> queue(PluginConfig config) {
    return Optional.empty();
  }

  /** Opens the backend's events, as {@link #keyValue} does its values. */
  default Optional<PubSub> pubSub(PluginConfig config) {
    return Optional.empty();
  }

  /** Opens the backend's rows for reading, as {@link #keyValue} does its values. */
  default Optional<RecordReader> reader(PluginConfig config) {
    return Optional.empty();
  }

  /** Opens the backend's tables and mailboxes for transactions, as {@link #keyValue} does. */
  default Optional<Transactor> transactor(PluginConfig config) {
    return Optional.empty();
  }
}
