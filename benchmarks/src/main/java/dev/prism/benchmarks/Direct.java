package dev.prism.benchmarks;

/**
 * What an application would write that publishes to a backend without Prism and wants it fast: one
 * producer that all callers share, which takes what waits together.
 */
interface Direct extends AutoCloseable {
  /** Returns when the backend has acknowledged the message. Any thread; blocks. */
  void publish(byte[] key, byte[] payload) throws InterruptedException;

  @Override
  void close();
}
