package dev.prism.sdk.runtime;

import com.google.rpc.Status;
import dev.prism.sdk.runtime.PluginMetrics.Call;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a coalescer's calls and counts its batches. */
final class AnswerEvents<Q, R> implements CoalescerEvents<Q, R> {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerEvents.class);

  private final Answers answers;
  private final Call metrics;
  private final boolean onLinkThread;
  private final boolean refusable;

  /**
   * @param onLinkThread whether batches run on the link's own thread, which must not wait
   * @param refusable whether the calls change nothing
   */
  AnswerEvents(Answers answers, Call metrics, boolean onLinkThread, boolean refusable) {
    this.answers = answers;
    this.metrics = metrics;
    this.onLinkThread = onLinkThread;
    this.refusable = refusable;
  }

  @Override
  public long sending(List<Work<Q, R>> batch) {
    long now = System.nanoTime();
    metrics.batches().observe(batch.size());
    for (Work<Q, R> work : batch) {
      work.operation().overhead().observe((now - work.call().header().receivedNanos()) / 1e9);
    }
    return now;
  }

  @Override
  public void returned(List<Work<Q, R>> batch, long startedNanos) {
    metrics.backend().observe((System.nanoTime() - startedNanos) / 1e9);
  }

  @Override
  public void isolating(List<Work<Q, R>> batch, Throwable failure) {
    metrics.isolated().inc();
    LOG.atWarn()
        .addKeyValue("batch", batch.size())
        .addKeyValue("request_id", batch.getFirst().call().header().requestId())
        .addKeyValue("failure", failure.getClass().getName())
        .log("a batch failed; its calls are tried again one by one");
  }

  @Override
  public void together(List<Work<Q, R>> calls, Runnable answers) {
    calls.getFirst().call().together(answers);
  }

  @Override
  public void answered(Work<Q, R> work, R result) {
    switch (work.answer().apply(result)) {
      case Answer.Reply(byte[] response) -> reply(work, response);
      case Answer.Refusal(Status status) ->
          answers.fail(work.call(), work.operation(), work.arrivedNanos(), status);
    }
  }

  private void reply(Work<Q, R> work, byte[] response) {
    if (onLinkThread) {
      answers.replyFromLink(
          work.call(), work.operation(), work.arrivedNanos(), response, refusable);
    } else {
      answers.reply(work.call(), work.operation(), work.arrivedNanos(), response);
    }
  }

  @Override
  public void failed(Work<Q, R> work, Throwable failure) {
    answers.fail(work.call(), work.operation(), work.arrivedNanos(), failure);
  }
}
