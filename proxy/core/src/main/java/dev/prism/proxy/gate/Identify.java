package dev.prism.proxy.gate;

/** First of all: names the call, so that each refusal can be found in the logs. */
final class Identify {
  private Identify() {}

  static void enter(Passage call) {
    String given = RequestIds.given(call.metadata());
    call.identify(
        given == null ? RequestIds.make() : given,
        given != null,
        RequestIds.traceparent(call.metadata()));
  }
}
