package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.CallContext;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.runtime.PluginMetrics.Call;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Runs scans, each on a virtual thread of its own, as fast as its client takes the answers. */
final class Scans {
  private final KeyValueStore store;
  private final StoreSlots slots;
  private final Answers answers;
  private final Call metrics;
  private final int most;
  private final AtomicInteger running = new AtomicInteger();

  /**
   * @param most how many scans may be open at once, waiting for their clients or not
   */
  Scans(KeyValueStore store, StoreSlots slots, Answers answers, Call metrics, int most) {
    this.store = store;
    this.slots = slots;
    this.answers = answers;
    this.metrics = metrics;
    this.most = most;
  }

  /** How many are open. */
  int running() {
    return running.get();
  }

  void start(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      Consistency consistency,
      Scan scan) {
    if (running.incrementAndGet() > most) {
      running.decrementAndGet();
      throw PrismException.of(
          Reason.OVERLOADED, "this backend has " + most + " scans open; try again after a moment");
    }
    Thread.ofVirtual()
        .name("scan")
        .start(
            () -> {
              try {
                run(call, operation, arrivedNanos, consistency, scan);
              } finally {
                running.decrementAndGet();
              }
            });
  }

  private void run(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      Consistency consistency,
      Scan scan) {
    try {
      slots.with(
          () -> {
            if (call.isOver()) {
              throw PrismException.of(
                  Reason.DEADLINE_EXCEEDED, "the deadline passed before the scan began");
            }
            long started = System.nanoTime();
            operation.overhead().observe((started - call.header().receivedNanos()) / 1e9);
            Sink sink = new Sink(call, operation, scan.keysOnly());
            CallContext.call(
                List.of(call.header()),
                () -> {
                  store.scan(call.header().namespace(), consistency, scan, sink);
                  return sink;
                });
            metrics.backend().observe((System.nanoTime() - started - sink.waitedNanos) / 1e9);
            return sink;
          });
      answers.end(call, operation, arrivedNanos);
    } catch (Throwable e) {
      // Whatever the store throws is the answer of this one caller.
      answers.fail(call, operation, arrivedNanos, e);
    }
  }

  private final class Sink implements ScanSink {
    private final InboundCall call;
    private final Operation operation;
    private final boolean keysOnly;
    private long waitedNanos;

    Sink(InboundCall call, Operation operation, boolean keysOnly) {
      this.call = call;
      this.operation = operation;
      this.keysOnly = keysOnly;
    }

    @Override
    public boolean accept(List<Entry> entries) {
      if (entries.isEmpty()) {
        return withoutPlace(() -> !call.isOver());
      }
      byte[] message = KeyValueResponses.scan(entries, keysOnly);
      boolean taken = withoutPlace(() -> call.send(message));
      operation.responseBytes().inc(message.length);
      return taken;
    }

    private boolean withoutPlace(Supplier<Boolean> wait) {
      long before = System.nanoTime();
      boolean result = slots.without(wait);
      waitedNanos += System.nanoTime() - before;
      return result;
    }
  }
}
