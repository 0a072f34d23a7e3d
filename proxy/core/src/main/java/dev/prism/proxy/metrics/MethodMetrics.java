package dev.prism.proxy.metrics;

import com.google.rpc.Code;
import dev.prism.metrics.Histograms;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** One method's data points, looked up once: counting a call takes no lock and finds no label. */
public final class MethodMetrics {
  private static final double NANOS = 1e-9;
  private static final int CODES = 17;

  private final String method;
  private final String service;
  private final String name;
  private final Counter requests;

  /** Bound at a code's first use, so that what never happened is no series. */
  private final AtomicReferenceArray<@Nullable CounterDataPoint> byCode =
      new AtomicReferenceArray<>(CODES);

  private final Histograms.Series duration;

  MethodMetrics(String service, String name, Counter requests, Histograms durations) {
    this.service = service;
    this.name = name;
    this.requests = requests;
    this.duration = durations.of(service, name);
    method = service + "/" + name;
  }

  /** The method's full name, {@code package.Service/Method}. */
  public String method() {
    return method;
  }

  /**
   * A call has ended.
   *
   * @param code its status code's number; what is no status code counts as UNKNOWN
   * @param nanos from the whole request's arrival to the answer
   */
  public void ended(int code, long nanos) {
    point(code >= 0 && code < CODES ? code : Code.UNKNOWN_VALUE).inc();
    duration.observe(nanos * NANOS);
  }

  /** Calls that have ended, with any status. */
  public long calls() {
    long calls = 0;
    for (int code = 0; code < CODES; code++) {
      calls += calls(code);
    }
    return calls;
  }

  /** Calls that ended with another status than OK. */
  public long errors() {
    return calls() - calls(Code.OK_VALUE);
  }

  private long calls(int code) {
    CounterDataPoint point = byCode.get(code);
    return point == null ? 0 : point.getLongValue();
  }

  private CounterDataPoint point(int code) {
    CounterDataPoint point = byCode.get(code);
    if (point == null) {
      point = requests.labelValues(service, name, String.valueOf(Code.forNumber(code)));
      byCode.set(code, point); // the library answers each thread with the same one
    }
    return point;
  }
}
