package dev.prism.sdk.queue;

import java.util.Map;

/**
 * The topics as the server is configured: their names at the backend, and how they come to be.
 * Immutable.
 */
public final class Topics {
  private static final Topics UNCONFIGURED = new Topics(Map.of());

  private final Map<Name, Topic> configured;

  /** A topic of a namespace, as clients name it. */
  public record Name(String namespace, String topic) {}

  /** Topics of which these are configured by name. */
  public Topics(Map<Name, Topic> configured) {
    this.configured = Map.copyOf(configured);
  }

  /** Nothing is configured: every topic has its default name and is made where it is missing. */
  public static Topics unconfigured() {
    return UNCONFIGURED;
  }

  /** What holds of a topic, configured or not. */
  public Topic of(String namespace, String topic) {
    Topic known = configured.get(new Name(namespace, topic));
    return known != null ? known : new Topic(namespace + "." + topic, true, 0, 0, 0, 0);
  }

  /** Those that are configured by name. */
  public Map<Name, Topic> configured() {
    return configured;
  }
}
