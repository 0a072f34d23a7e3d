package dev.prism.proxy.gate;

/** First of all: names the call, so that each refusal can be found in the logs. */
public final class Identify implements Step {
  @Override
  public void enter(Passage call) {
    call.identify(RequestIds.requestId(call.metadata()), RequestIds.traceparent(call.metadata()));
  }
}
