package dev.prism.plugin.postgres;

import dev.prism.sdk.pubsub.TopicPattern;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which processes have listeners of a queue group, as of the event that is being handed over. All
 * processes hear of joining, leaving and events in one order, so that they agree for each event on
 * the process that has it. Changed by the listener's thread; read by any.
 */
final class Members {
  private static final long[] NONE = {};

  private final Map<String, long[]> processes = new ConcurrentHashMap<>();

  /** A name for a group that has no white space: base64 of its parts. */
  static String name(String namespace, TopicPattern pattern, String group) {
    return Base64.getEncoder()
        .withoutPadding()
        .encodeToString(
            String.join("\n", namespace, pattern.text(), group).getBytes(StandardCharsets.UTF_8));
  }

  /** Whether an event of this number is the process's. */
  boolean has(String member, long process, long number) {
    long[] all = processes.getOrDefault(member, NONE);
    return all.length > 0 && all[(int) Math.floorMod(number, (long) all.length)] == process;
  }

  void join(String member, long process) {
    processes.merge(
        member,
        new long[] {process},
        (known, one) -> {
          if (Arrays.binarySearch(known, process) >= 0) {
            return known;
          }
          long[] more = Arrays.copyOf(known, known.length + 1);
          more[known.length] = process;
          Arrays.sort(more);
          return more;
        });
  }

  void leave(String member, long process) {
    processes.computeIfPresent(
        member,
        (_, known) -> {
          long[] left = Arrays.stream(known).filter(each -> each != process).toArray();
          return left.length == 0 ? null : left;
        });
  }

  void clear() {
    processes.clear();
  }
}
