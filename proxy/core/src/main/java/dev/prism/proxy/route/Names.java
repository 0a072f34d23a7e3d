package dev.prism.proxy.route;

import dev.prism.proxy.route.ScanPlan.Role;
import dev.prism.proxy.route.ScanPlan.Step;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The names of one message as merged so far, where its plan is not flat. For one scan, one thread.
 */
final class Names {
  private final ScanPlan plan;

  /** Of singular names: the last one's range. */
  private final long[] last;

  /** Of singular messages a Names, of repeated fields a Ranges; null while not there. */
  private final @Nullable Object[] held;

  Names(ScanPlan plan) {
    this.plan = plan;
    this.last = new long[plan.slots()];
    this.held = new Object[plan.slots()];
  }

  /**
   * Takes in the message, or one more occurrence of it, that stands in the range given.
   *
   * @param depth how many messages this one is in
   */
  void merge(byte[] bytes, int start, int end, int depth) {
    Wire.checkDepth(depth);
    int pos = start;
    while (pos < end) {
      long read = Wire.readTag(bytes, pos, end);
      int tag = Wire.value(read);
      pos = Wire.next(read);
      Step step = plan.find(Wire.number(tag));
      if (step == null) {
        pos = Wire.skip(bytes, pos, end, tag, depth);
        continue;
      }
      ScanPlan.checkType(tag == step.tag());
      for (int slot : step.cleared()) {
        last[slot] = 0;
        held[slot] = null;
      }
      int after = Wire.skip(bytes, pos, end, tag, depth);
      if (step.role() != Role.CLEARS) {
        long length = Wire.readLength(bytes, pos, end);
        take(bytes, Wire.next(length), after, step, depth);
      }
      pos = after;
    }
  }

  private void take(byte[] bytes, int start, int end, Step step, int depth) {
    int slot = step.slot();
    ScanPlan nested = step.nested();
    if (nested == null) {
      Wire.checkUtf8(bytes, start, end - start);
      long range = Wire.pack(start, end - start);
      if (step.repeated()) {
        ranges(slot).add(bytes, range);
      } else {
        last[slot] = range;
      }
    } else if (!step.repeated()) {
      if (held[slot] == null) {
        held[slot] = new Names(nested);
      }
      ((Names) Objects.requireNonNull(held[slot])).merge(bytes, start, end, depth + 1);
    } else if (nested.isFlat()) {
      Wire.checkDepth(depth + 1);
      ranges(slot).add(bytes, nested.last(bytes, start, end, depth + 1));
    } else {
      Names element = new Names(nested);
      element.merge(bytes, start, end, depth + 1);
      element.addTo(bytes, ranges(slot));
    }
  }

  private Ranges ranges(int slot) {
    if (held[slot] == null) {
      held[slot] = new Ranges();
    }
    return (Ranges) Objects.requireNonNull(held[slot]);
  }

  /** Hands every name on, in the order of the fields' numbers. */
  void addTo(byte[] bytes, Ranges found) {
    for (int slot = 0; slot < last.length; slot++) {
      switch (held[slot]) {
        case Names names -> names.addTo(bytes, found);
        case Ranges ranges -> found.addAll(bytes, ranges);
        case null, default -> found.add(bytes, last[slot]);
      }
    }
  }
}
