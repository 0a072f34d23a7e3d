package dev.prism.proxy.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where names stand in a request's bytes. Bounded by {@link ResourceScanner#MAX_NAMES}. */
final class Ranges {
  private long[] ranges = new long[4];
  private int size;

  /** Adds a name unless it is empty or equals the one before. */
  void add(byte[] bytes, long range) {
    if (Wire.length(range) == 0 || (size > 0 && equal(bytes, ranges[size - 1], range))) {
      return;
    }
    if (size == ResourceScanner.MAX_NAMES) {
      throw Wire.malformed("more than " + ResourceScanner.MAX_NAMES + " names in one request");
    }
    if (size == ranges.length) {
      ranges = Arrays.copyOf(ranges, 2 * size);
    }
    ranges[size++] = range;
  }

  void addAll(byte[] bytes, Ranges others) {
    for (int i = 0; i < others.size; i++) {
      add(bytes, others.ranges[i]);
    }
  }

  List<String> strings(byte[] bytes) {
    List<String> strings = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      strings.add(Wire.string(bytes, ranges[i]));
    }
    return strings;
  }

  private static boolean equal(byte[] bytes, long one, long other) {
    return Arrays.equals(
        bytes,
        Wire.offset(one),
        Wire.offset(one) + Wire.length(one),
        bytes,
        Wire.offset(other),
        Wire.offset(other) + Wire.length(other));
  }
}
