package dev.prism.sdk.runtime;

import com.google.protobuf.Message;
import dev.prism.link.InboundCall;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.LiveResponse;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.ProvisionChange;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.plugin.v1.ReadyResponse;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.Provisioned;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What every plugin offers besides its data (RFC 6.2). */
final class PluginCalls {
  private final Answers answers;
  private final Supplier<String> problem;
  private final PluginMetrics metrics;
  private final InfoResponse info;
  private final @Nullable MessageQueue queue;

  /**
   * @param problem why calls would not be served now; empty where they would
   * @param queue whose topics are provisioned; null where the plugin has none
   */
  PluginCalls(
      Answers answers,
      Supplier<String> problem,
      PluginMetrics metrics,
      InfoResponse info,
      @Nullable MessageQueue queue) {
    this.queue = queue;
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
        "GetMetrics", starting(call -> metrics()),
        "GetInfo", answering(this::info),
        "Provision", starting(this::provision));
  }

  /** On a thread of its own: what takes longer than the link can wait. */
  private Handler starting(Function<InboundCall, Message> answer) {
    return (call, operation, arrivedNanos) ->
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    answers.reply(call, operation, arrivedNanos, answer.apply(call).toByteArray());
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

  private ProvisionResponse provision(InboundCall call) {
    if (queue == null) {
      throw PrismException.of(Reason.METHOD_UNIMPLEMENTED, "this plugin has no queues");
    }
    ProvisionRequest request = Handler.parse(ProvisionRequest.parser(), call);
    Provisioned provisioned =
        queue.provision(request.getNamespace(), request.getTopic(), request.getDryRun());
    return ProvisionResponse.newBuilder()
        .setChange(
            switch (provisioned.change()) {
              case NONE -> ProvisionChange.PROVISION_CHANGE_NONE;
              case CREATE -> ProvisionChange.PROVISION_CHANGE_CREATE;
              case DIFFERS -> ProvisionChange.PROVISION_CHANGE_DIFFERS;
            })
        .setDetail(provisioned.detail())
        .build();
  }

  private Handler answering(Supplier<? extends Message> response) {
    return (call, operation, arrivedNanos) ->
        answers.replyFromLink(call, operation, arrivedNanos, response.get().toByteArray(), false);
  }
}
