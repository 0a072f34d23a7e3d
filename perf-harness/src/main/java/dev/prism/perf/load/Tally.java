package dev.prism.perf.load;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a load saw. Answers are counted while it is measured; failures always, from the first call
 * to the last. Written by the load's thread and read when that has ended.
 */
public final class Tally {
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(10);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Histogram latencies = new Histogram(LONGEST, 3);
  private final Map<String, Long> failures = new TreeMap<>();
  private long answered;
  private long behind;
  private long cpuNanos;
  private long dataBytes;
  private boolean measuring;

  /**
   * Nanoseconds of the calls measured: from the time at which each was due, in an open loop, and
   * from putting it into the buffer to be sent, in a closed one, to reading the end of its answer.
   * Those of an open loop that were not answered when the measurement ended are among them with the
   * time they had waited.
   */
  public Histogram latencies() {
    return latencies;
  }

  /** The calls answered while measuring. */
  public long answered() {
    return answered;
  }

  /**
   * The calls of an open loop that were due when the measurement ended, and had not begun, because
   * those before them were not answered. A few are always just due.
   */
  public long behind() {
    return behind;
  }

  /** What the load's thread has computed while measuring. */
  public long cpuNanos() {
    return cpuNanos;
  }

  /** How often each thing went wrong, by what it was; empty when nothing did. */
  public Map<String, Long> failures() {
    return failures;
  }

  /** The bytes of the answers' messages, with gRPC's prefixes, that came while measuring. */
  public long dataBytes() {
    return dataBytes;
  }

  boolean measuring() {
    return measuring;
  }

  /** Begins or ends to count; called on the load's thread. */
  void measuring(boolean now) {
    measuring = now;
    long cpu = THREADS.getCurrentThreadCpuTime();
    cpuNanos = now ? cpuNanos - cpu : cpuNanos + cpu;
  }

  void answered(long nanos) {
    if (measuring) {
      answered++;
      latencies.recordValue(Math.min(nanos, LONGEST));
    }
  }

  /** A call in flight when the measurement ends. */
  void waiting(long nanos) {
    if (measuring) {
      latencies.recordValue(Math.min(nanos, LONGEST));
    }
  }

  /** A call that is due and has not begun when the measurement ends. */
  void behind(long nanos) {
    behind++;
    waiting(nanos);
  }

  void received(int bytes) {
    if (measuring) {
      dataBytes += bytes;
    }
  }

  void failed(String why, long calls) {
    if (calls > 0) {
      failures.merge(why, calls, Long::sum);
    }
  }
}
