package dev.prism.proxy.config;

import dev.prism.grpc.Engine;
import dev.prism.grpc.TlsFiles;
import dev.prism.plugin.v1.PluginRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that an administrator decides (RFC 3.1), as read and checked: every name in it that refers to
 * something refers to something that is there.
 *
 * @param data where embedded backends and the proxy's own state keep their files; private to the
 *     user (mode 700)
 * @param backends instances of backends by name, each served by plugin processes of its own
 * @param namespaces tenants by name
 * @param configs named client configurations (RFC 3.3) by name
 */
public record ServerConfig(
    Server server,
    Grpc grpc,
    Auth auth,
    Sessions sessions,
    Control control,
    Path data,
    Map<String, Backend> backends,
    Map<String, Namespace> namespaces,
    Map<String, NamedConfig> configs) {

  /**
   * The listeners.
   *
   * @param listen the address of both sockets; other than loopback is refused without
   *     authentication unless insecure
   * @param port gRPC; 0 picks a free one
   * @param adminPort admin HTTP and gRPC, always on loopback; 0 picks a free one
   * @param maxMessageBytes the largest message either way; at most 64 MiB
   * @param defaultDeadline given to a call that brings none
   * @param shutdownGrace how long calls in flight may take to finish on SIGTERM; at most 5 minutes
   */
  public record Server(
      String listen,
      int port,
      int adminPort,
      boolean insecure,
      int maxMessageBytes,
      Duration defaultDeadline,
      Duration shutdownGrace) {}

  /**
   * What speaks gRPC on the listeners.
   *
   * @param engine Prism's own, or stock Helidon as a reference for measurements, on loopback only
   * @param tls of the data port; null listens in the clear
   */
  public record Grpc(Engine engine, @Nullable TlsFiles tls) {}

  /**
   * Who may open a session.
   *
   * @param apiKeys whether CreateSession needs an API key; without it every caller is {@code
   *     anonymous} and may use every namespace
   */
  public record Auth(boolean apiKeys) {}

  /**
   * Bounds on sessions.
   *
   * @param idleTimeout a session without call or heartbeat ends after this
   * @param lifetime the longest a session lives, whatever it does
   * @param max sessions at once; one more is refused with SESSION_LIMIT
   */
  public record Sessions(Duration idleTimeout, Duration lifetime, int max) {}

  /**
   * Where sessions, registered configs and API keys are kept.
   *
   * @param backend an instance that offers KeyValue and is durable
   */
  public record Control(String backend) {}

  /**
   * One instance of a backend.
   *
   * @param type {@code memory}, {@code sqlite} ...: which plugin serves it
   * @param pool connections the plugin may hold
   * @param settings what the plugin gets in its environment, named as RFC 6.3 ({@code
   *     DATABASE_URL}); may hold secrets
   * @param restartStalledAfter a plugin that gives no heartbeat for this long is ended and started
   *     again
   * @param processes what each process that serves it is for, at least one; the first has number 0
   */
  public record Backend(
      String name,
      String type,
      Pool pool,
      Map<String, String> settings,
      Duration restartStalledAfter,
      List<Set<PluginRole>> processes) {
    /** What a process is for where nothing is said: all there is. */
    public static final Set<PluginRole> ALL_ROLES =
        Collections.unmodifiableSet(
            EnumSet.range(PluginRole.PLUGIN_ROLE_PUBLISHER, PluginRole.PLUGIN_ROLE_LISTENER));

    /** An instance with one process for everything. */
    public Backend(
        String name,
        String type,
        Pool pool,
        Map<String, String> settings,
        Duration restartStalledAfter) {
      this(name, type, pool, settings, restartStalledAfter, List.of(ALL_ROLES));
    }
  }

  /**
   * Connections of one plugin: readers (or connections in all) and how long a call may wait for
   * one.
   */
  public record Pool(int size, Duration acquireTimeout) {}

  /**
   * A tenant.
   *
   * @param backends the instances it may use; empty: all
   * @param rateLimit over all of its sessions, or null
   * @param requiresTopics whether a topic of queues that is not there is refused instead of made
   * @param topics those that have settings of their own, in the file's order, the dead-letter topic
   *     of each after it
   * @param relays what carries mailboxes to topics
   */
  public record Namespace(
      String name,
      List<String> backends,
      @Nullable RateLimit rateLimit,
      boolean requiresTopics,
      List<Topic> topics,
      List<Relay> relays) {
    /** A tenant whose topics are made as they are needed. */
    public Namespace(String name, List<String> backends, @Nullable RateLimit rateLimit) {
      this(name, backends, rateLimit, false, List.of(), List.of());
    }
  }

  /**
   * A topic of queues. What is 0 or {@link Duration#ZERO} is the backend's own choice.
   *
   * @param name as clients name it
   * @param backend the instance that has it
   * @param physicalName what it is called there
   * @param retention how long messages are kept
   * @param retentionBytes how many bytes of them, per partition where it has several
   */
  public record Topic(
      String name,
      String backend,
      String physicalName,
      int partitions,
      int replicas,
      Duration retention,
      long retentionBytes) {}

  /**
   * What carries a mailbox to a topic.
   *
   * @param backend the instance that has the mailbox
   * @param topicBackend the instance that has the topic
   */
  public record Relay(String mailbox, String backend, String topic, String topicBackend) {}

  /** Calls a second, and how many may come at once after a pause. */
  public record RateLimit(double rps, long burst) {}

  /**
   * A named client configuration: the file's YAML turned into the contract's message, so that
   * named, registered and inline configs are one thing from here on.
   */
  public record NamedConfig(String name, dev.prism.config.v1.ClientConfig config) {}
}
