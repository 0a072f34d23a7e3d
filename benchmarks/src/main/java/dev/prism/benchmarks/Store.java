package dev.prism.benchmarks;

/**
 * Values under keys as an application reaches them, with Prism or without. Any thread, several at
 * once; blocks.
 */
interface Store extends AutoCloseable {
  /** Returns when the backend has acknowledged it. */
  void put(String key, byte[] value) throws Exception;

  /** The value, which must be there. */
  byte[] get(String key) throws Exception;

  @Override
  void close();
}
