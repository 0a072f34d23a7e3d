package dev.prism.perf.report;

import java.util.List;
import java.util.Map;

/**
 * One load on one server.
 *
 * @param scenario as the command takes it
 * @param group which runs belong together: {@code standard}, {@code compare}, {@code sweep-rate},
 *     {@code sweep-connections}, {@code overhead}, {@code many-connections}, {@code soak}
 * @param title for people
 * @param server {@code prism}, {@code netty}, {@code helidon}, or a driver
 * @param load what was offered
 * @param callsPerSecond answered while it was measured
 * @param answered so many calls
 * @param behind calls of an open loop that were due at the end and had not begun
 * @param failures how often each thing went wrong
 * @param latency as the client saw it; in an open loop from the time at which a call was due
 * @param overhead from the request's receipt to the backend call (RFC 10.1), as the product's own
 *     histogram has it; empty where the server has none
 * @param reply from the plugin's reply to the socket; empty where the server has none
 * @param costs of each process, by its name ({@code proxy}, {@code plugin sqlite}, ...)
 * @param samples twice a second
 * @param clientBusy processors that the generator used
 * @param deliveriesPerSecond of events to subscribers; 0 where there are none
 */
public record Run(
    String scenario,
    String group,
    String title,
    String server,
    Offered load,
    double callsPerSecond,
    long answered,
    long behind,
    Map<String, Long> failures,
    List<Percentile> latency,
    List<Percentile> overhead,
    List<Percentile> reply,
    Map<String, Cost> costs,
    List<Sample> samples,
    double clientBusy,
    double deliveriesPerSecond) {

  /**
   * What was offered.
   *
   * @param connections of HTTP/2
   * @param streams calls in flight on each, at most; in a closed loop always
   * @param rate calls a second over all connections, at fixed times; 0: a closed loop
   * @param payloadBytes of a value or message
   * @param seconds measured
   * @param warmupSeconds before that
   */
  public record Offered(
      int connections,
      int streams,
      double rate,
      int payloadBytes,
      double seconds,
      double warmupSeconds) {}

  /**
   * What a process spent on the calls that were answered.
   *
   * @param cpuMicros of processor time for each
   * @param switches context switches for each
   * @param allocatedBytes in the heap for each; 0 where it is not known
   * @param residentBytes held at most
   * @param threads at most
   */
  public record Cost(
      double cpuMicros,
      double switches,
      double allocatedBytes,
      double residentBytes,
      double threads) {
    static final Cost UNKNOWN =
        new Cost(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
  }

  /**
   * A moment of a run.
   *
   * @param seconds since it began to be measured
   * @param residentBytes by process
   * @param cpuSeconds spent since the process began, by process
   */
  public record Sample(
      double seconds, Map<String, Double> residentBytes, Map<String, Double> cpuSeconds) {}

  /** The latency at a percentile, in microseconds; NaN where nothing was measured. */
  public double micros(double percent) {
    return at(latency, percent);
  }

  /** What a process spent; all of it unknown where there is no such process. */
  public Cost cost(String process) {
    return costs.getOrDefault(process, Cost.UNKNOWN);
  }

  /** A distribution's value at one of its percentiles; NaN where it has not that one. */
  public static double at(List<Percentile> distribution, double percent) {
    return distribution.stream()
        .filter(point -> point.percent() == percent)
        .mapToDouble(Percentile::micros)
        .findFirst()
        .orElse(Double.NaN);
  }
}
