package dev.prism.perf.load;

import java.util.function.IntFunction;

/**
 * What a load sends and when.
 *
 * @param connections opened before the load begins
 * @param streams calls in flight on a connection, at most; in a closed loop always
 * @param rate calls a second over all connections, evenly spaced, each due at a time fixed before
 *     the load begins; 0 is a closed loop, in which a call begins when another was answered
 * @param traffic what each connection carries; asked once for each, with its number from 0
 */
public record Plan(int connections, int streams, double rate, IntFunction<Traffic> traffic) {
  /**
   * What one connection carries.
   *
   * @param leastAnswer the bytes of the smallest answer that is one, gRPC's prefixes included; a
   *     shorter one is a failure
   */
  public record Traffic(RequestFrames request, int leastAnswer, Calls calls) {}

  /** A closed loop. */
  public static Plan closed(int connections, int streams, IntFunction<Traffic> traffic) {
    return new Plan(connections, streams, 0, traffic);
  }
}
