package dev.prism.sdk.pubsub;

/** A listener's place at the backend. */
public interface Listening extends AutoCloseable {
  /** Gives up the place: soon no further event comes. Never throws; once. */
  @Override
  void close();
}
