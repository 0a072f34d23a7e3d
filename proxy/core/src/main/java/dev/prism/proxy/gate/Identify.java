package dev.prism.proxy.gate;

/** First of all: names the call, so that each refusal can be found in the logs. */
public final class Identify implements Step {
  @Override
  public void enter(Passage call) {
    String given = RequestIds.given(call.metadata());
    call.identify(
        given == null ? RequestIds.make() : given,
        given != null,
        RequestIds.traceparent(call.metadata()));
  }
}
