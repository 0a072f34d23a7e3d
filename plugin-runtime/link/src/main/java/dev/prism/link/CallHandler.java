package dev.prism.link;

/** The plugin's end: what is done with each call. */
@FunctionalInterface
public interface CallHandler {
  /**
   * Takes a call whose request has arrived whole. Called on the link's consumer thread, one call at
   * a time: it must not block, or every other call waits (hazard 15). It answers now or hands the
   * call to another thread.
   */
  void onCall(InboundCall call);

  /**
   * Called on the consumer thread after it has handed over all that was queued, before it sleeps or
   * polls again: where work collected by {@link #onCall} is started as one batch.
   */
  default void onBatchEnd() {}
}
