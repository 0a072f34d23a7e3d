package dev.prism.sdk.runtime;

import com.google.protobuf.Message;
import dev.prism.link.InboundCall;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.LiveResponse;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.ReadyResponse;
import java.util.Map;
import java.util.function.Supplier;

/** What every plugin offers besides its data (RFC 6.2). */
final class PluginCalls {
  private final Answers answers;
  private final Supplier<String> problem;
  private final PluginMetrics metrics;
  private final InfoResponse info;

  /**
   * @param problem why calls would not be served now; empty where they would
   */
  PluginCalls(Answers answers, Supplier<String> problem, PluginMetrics metrics, InfoResponse info) {
    this.answers = answers;
    this.problem = problem;
    this.metrics = metrics;
    this.info = info;
  }

  /** The methods, by their names in the contract. */
  Map<String, Handler> handlers() {
    return Map.of(
        "Live", answering(this::live),
        "Ready", answering(this::ready),
        "GetMetrics", this::startMetrics,
        "GetInfo", answering(this::info));
  }

  /** On a thread of its own: a scrape takes longer than the link can wait. */
  private void startMetrics(
      InboundCall call, PluginMetrics.Operation operation, long arrivedNanos) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answers.reply(call, operation, arrivedNanos, metrics().toByteArray());
              } catch (RuntimeException e) {
                answers.fail(call, operation, arrivedNanos, e);
              }
            });
  }

  LiveResponse live() {
    return LiveResponse.newBuilder().setLive(true).build();
  }

  ReadyResponse ready() {
    String reason = problem.get();
    return ReadyResponse.newBuilder().setReady(reason.isEmpty()).setReason(reason).build();
  }

  MetricsResponse metrics() {
    return MetricsResponse.newBuilder().setText(metrics.text()).build();
  }

  InfoResponse info() {
    return info;
  }

  private Handler answering(Supplier<? extends Message> response) {
    return (call, operation, arrivedNanos) ->
        answers.replyFromLink(call, operation, arrivedNanos, response.get().toByteArray(), false);
  }
}
