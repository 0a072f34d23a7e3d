package dev.prism.sdk.pubsub;

/** Who gets the events of a pattern. Safe for any thread; never blocks. */
public interface Listener {
  /**
   * Takes an event whose topic the pattern matches. One that comes too fast loses events by its own
   * policy.
   */
  void onEvent(String topic, Event event);

  /** Whether it would lose an event now: a queue group then prefers another of its listeners. */
  boolean isBehind();
}
