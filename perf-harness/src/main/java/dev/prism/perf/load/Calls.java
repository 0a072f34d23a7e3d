package dev.prism.perf.load;

/** What one connection calls. Asked on the load's thread. */
@FunctionalInterface
public interface Calls {
  /** The number that the next request carries; negative when there is to be no further one. */
  long next();
}
