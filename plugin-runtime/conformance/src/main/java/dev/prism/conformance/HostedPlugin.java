package dev.prism.conformance;

import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.runtime.PluginRuntime;
import dev.prism.sdk.transact.Transactor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A plugin in the test's own process: the SDK's runtime behind an in-process link. */
public final class HostedPlugin implements AutoCloseable {
  private static final int MAX_MESSAGE_BYTES = 17 << 20;
  private static final Duration DRAIN = Duration.ofSeconds(10);

  /** A namespace whose topics are to be there before they are used. */
  static final String REQUIRING = "requiring";

  private static final String TOPICS =
      "{\"namespaces\":[{\"namespace\":\"" + REQUIRING + "\",\"require\":true}]}";

  private final Plugin plugin;
  private final PluginConfig config;
  private final InstantSource clock;
  private Set<Capability> capabilities = Set.of();
  private Set<Capability> queueCapabilities = Set.of();
  private Set<Capability> pubSubCapabilities = Set.of();
  private Set<Capability> readerCapabilities = Set.of();
  private Set<Capability> transactCapabilities = Set.of();
  private @Nullable PluginRuntime runtime;
  private @Nullable Link link;

  /**
   * Starts {@code plugin}; {@code clock} is what times to live are counted from. Where {@code
   * config} says nothing of topics, there is a namespace that requires its own to be provisioned.
   */
  public HostedPlugin(Plugin plugin, PluginConfig config, InstantSource clock) {
    this.plugin = plugin;
    this.config =
        config.string("PRISM_TOPICS").isPresent() ? config : config.with("PRISM_TOPICS", TOPICS);
    this.clock = clock;
    start();
  }

  /** The service in {@code namespace}; stays good over {@link #restart}. */
  public KeyValueApi keyValue(String namespace) {
    return new KeyValueApi(new LinkApi(this::link, namespace));
  }

  /** Queues in {@code namespace}; stays good over {@link #restart}. */
  public QueueApi queue(String namespace) {
    return new QueueApi(new LinkApi(this::link, namespace));
  }

  /** Events in {@code namespace} for a session; stays good over {@link #restart}. */
  public PubSubApi pubSub(String namespace, long session) {
    return new PubSubApi(new LinkApi(this::link, namespace, session));
  }

  /** Rows in {@code namespace}; stays good over {@link #restart}. */
  public ReaderApi reader(String namespace) {
    return new ReaderApi(new LinkApi(this::link, namespace));
  }

  /** Transactions in {@code namespace}; stays good over {@link #restart}. */
  public TransactApi transact(String namespace) {
    return new TransactApi(new LinkApi(this::link, namespace));
  }

  /** What the plugin's transactor declares. */
  public Set<Capability> transactCapabilities() {
    return transactCapabilities;
  }

  /** What the plugin's reader declares. */
  public Set<Capability> readerCapabilities() {
    return readerCapabilities;
  }

  /** What the plugin's events declare. */
  public Set<Capability> pubSubCapabilities() {
    return pubSubCapabilities;
  }

  /** What the plugin's queue declares. */
  public Set<Capability> queueCapabilities() {
    return queueCapabilities;
  }

  /** What the plugin's key-value store declares. */
  public Set<Capability> capabilities() {
    return capabilities;
  }

  /** Ends the plugin and starts it again with the same configuration. */
  public void restart() {
    close();
    start();
  }

  private Link link() {
    Link open = link;
    if (open == null) {
      throw new IllegalStateException("the plugin is not running");
    }
    return open;
  }

  private void start() {
    PluginRuntime started = PluginRuntime.start(new Observed(), config, clock);
    runtime = started;
    link = InProcessLink.connect(hello("proxy"), hello(plugin.name()), started);
  }

  private static Hello hello(String name) {
    return new Hello(
        Hello.LINK_VERSION, name, "test", Set.of(), MAX_MESSAGE_BYTES, 4L * MAX_MESSAGE_BYTES);
  }

  @Override
  public void close() {
    PluginRuntime running = runtime;
    Link open = link;
    runtime = null;
    link = null;
    if (running != null) {
      running.drain(DRAIN);
    }
    if (open != null) {
      open.close();
    }
    if (running != null) {
      running.close();
    }
  }

  /** The plugin, with an ear on what its store says of itself. */
  private final class Observed implements Plugin {
    @Override
    public String name() {
      return plugin.name();
    }

    @Override
    public String backendType() {
      return plugin.backendType();
    }

    @Override
    public String version() {
      return "test";
    }

    @Override
    public Optional<KeyValueStore> keyValue(PluginConfig given) {
      Optional<KeyValueStore> store = plugin.keyValue(given);
      capabilities = store.map(KeyValueStore::capabilities).orElse(Set.of());
      return store;
    }

    @Override
    public Optional<MessageQueue> queue(PluginConfig given) {
      Optional<MessageQueue> queue = plugin.queue(given);
      queueCapabilities = queue.map(MessageQueue::capabilities).orElse(Set.of());
      return queue;
    }

    @Override
    public Optional<PubSub> pubSub(PluginConfig given) {
      Optional<PubSub> pubSub = plugin.pubSub(given);
      pubSubCapabilities = pubSub.map(PubSub::capabilities).orElse(Set.of());
      return pubSub;
    }

    @Override
    public Optional<RecordReader> reader(PluginConfig given) {
      Optional<RecordReader> reader = plugin.reader(given);
      readerCapabilities = reader.map(RecordReader::capabilities).orElse(Set.of());
      return reader;
    }

    @Override
    public Optional<Transactor> transactor(PluginConfig given) {
      Optional<Transactor> transactor = plugin.transactor(given);
      transactCapabilities = transactor.map(Transactor::capabilities).orElse(Set.of());
      return transactor;
    }
  }
}
