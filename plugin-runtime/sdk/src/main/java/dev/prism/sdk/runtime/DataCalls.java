package dev.prism.sdk.runtime;

import java.util.Map;
import java.util.function.IntSupplier;

/** One data interface of a plugin, as the runtime serves it. */
interface DataCalls extends AutoCloseable {
  /** The methods, by their names in the contract. */
  Map<String, Handler> handlers();

  /** What waits or runs, of each kind. */
  Map<String, IntSupplier> depths();

  /** How many calls have not been answered; open streams among them. */
  int pending();

  /** Starts what has been collected; any thread. */
  void start();

  /** Ends what has no end of its own with {@code SHUTTING_DOWN}. */
  void drain();

  /** Ends the threads. */
  @Override
  void close();
}
