package dev.prism.proxy.service;

import com.google.rpc.Status;
import dev.prism.grpc.Failures;
import dev.prism.proxy.gate.RequestIds;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.status.PrismException;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** The last resort: what no service answered gets a status with details, a log line and a count. */
public final class HostFailures implements Failures {
  private final ProxyMetrics metrics;
  private final CallLog log;

  public HostFailures(ProxyMetrics metrics, CallLog log) {
    this.metrics = metrics;
    this.log = log;
  }

  @Override
  public Answer thrown(String method, Metadata requestHeaders, Throwable failure) {
    return failure instanceof PrismException refusal
        ? answer(method, requestHeaders, refusal.status(), null)
        : answer(method, requestHeaders, Answers.INTERNAL, failure);
  }

  @Override
  public Answer refused(String method, Metadata requestHeaders, io.grpc.Status status) {
    return answer(method, requestHeaders, Answers.detailed(status), null);
  }

  private Answer answer(
      String method, Metadata requestHeaders, Status status, @Nullable Throwable cause) {
    String id = RequestIds.requestId(requestHeaders);
    log.ended(method, id, status, cause);
    int slash = method.indexOf('/');
    metrics
        .method(method.substring(0, slash), method.substring(slash + 1))
        .ended(status.getCode(), 0);
    return new Answer(Answers.grpc(status), Answers.trailers(status, id));
  }
}
