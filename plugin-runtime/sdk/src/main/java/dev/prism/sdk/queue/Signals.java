package dev.prism.sdk.queue;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The signals of topics or mailboxes, each kept for as long as somebody holds it: names come from
 * clients, and are as many as they like. Safe for any thread.
 *
 * @param <N> names
 */
public final class Signals<N> {
  private final Map<N, Held<N>> held = new ConcurrentHashMap<>();
  private final ReferenceQueue<Signal> gone = new ReferenceQueue<>();

  /** A signal, unless nobody holds it any more. */
  private static final class Held<N> extends WeakReference<Signal> {
    final N name;

    Held(N name, Signal signal, ReferenceQueue<Signal> gone) {
      super(signal, gone);
      this.name = name;
    }
  }

  /** None yet. */
  public Signals() {}

  /** The one of a name, the same for all that hold it at the same time. */
  public Signal of(N name) {
    forget();
    Signal fresh = new Signal();
    while (true) {
      Held<N> there =
          held.compute(
              name,
              (_, before) ->
                  before != null && before.get() != null ? before : new Held<>(name, fresh, gone));
      Signal signal = there.get();
      if (signal != null) {
        return signal;
      }
    }
  }

  /** Something has changed there. */
  public void raise(N name) {
    Held<N> there = held.get(name);
    raise(there == null ? null : there.get());
  }

  /** Something may have changed everywhere. */
  public void raiseAll() {
    held.values().forEach(each -> raise(each.get()));
  }

  private static void raise(@Nullable Signal signal) {
    if (signal != null) {
      signal.raise();
    }
  }

  /** How many are known. */
  int size() {
    forget();
    return held.size();
  }

  private void forget() {
    for (Object each = gone.poll(); each != null; each = gone.poll()) {
      Held<?> over = (Held<?>) each;
      held.remove(Objects.requireNonNull(over.name), over);
    }
  }
}
