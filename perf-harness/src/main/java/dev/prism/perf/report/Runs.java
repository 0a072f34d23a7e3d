package dev.prism.perf.report;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Names and colours of what ran, the same everywhere on the page, and a run's predecessor. */
final class Runs {
  /** Beside these the page has one for what is past. */
  static final int COLOURS = 7;

  static final int PAST = COLOURS;

  /** The proxy before its plugins. */
  static final Comparator<String> PROCESSES =
      Comparator.comparing((String each) -> !each.equals("proxy"))
          .thenComparing(Comparator.naturalOrder());

  /** Rates that differ by less are of one kind. */
  private static final double SAME_RATE = 0.1;

  private static final List<String> SERVERS = List.of("prism", "netty", "helidon");

  private final List<String> others;
  private final List<Run> previous;

  Runs(List<Run> runs, @Nullable Report previous) {
    this.others =
        runs.stream().map(Run::server).filter(each -> !SERVERS.contains(each)).distinct().toList();
    this.previous = previous == null ? List.of() : previous.runs();
  }

  static String name(String server) {
    return switch (server) {
      case "prism" -> "Prism";
      case "netty" -> "grpc-netty";
      case "helidon" -> "Helidon";
      default -> server;
    };
  }

  int colour(String server) {
    int known = SERVERS.indexOf(server);
    return known >= 0 ? known : Math.min(SERVERS.size() + others.indexOf(server), COLOURS - 1);
  }

  /** A process's: the proxy's is Prism's, its plugins have those that no peer has. */
  int colour(String server, String process, List<String> processes) {
    int place = processes.indexOf(process);
    return place == 0 ? colour(server) : Math.min(SERVERS.size() + place - 1, COLOURS - 1);
  }

  /** Where it stands among others: Prism first, then its peers. */
  int order(Run run) {
    int known = SERVERS.indexOf(run.server());
    return known >= 0 ? known : SERVERS.size() + others.indexOf(run.server());
  }

  /** The same load on the same server in the previous report. */
  Optional<Run> before(Run run) {
    return typical(previous.stream().filter(each -> Same.of(each).matches(Same.of(run))).toList())
        .stream()
        .findFirst();
  }

  /** What makes two runs rounds of the same. */
  record Same(String group, String scenario, String server, Run.Offered load) {
    static Same of(Run run) {
      return new Same(run.group(), run.scenario(), run.server(), run.load());
    }

    /** Whether they can be compared: rates may follow from what the machine did on that day. */
    private boolean matches(Same other) {
      return group.equals(other.group)
          && scenario.equals(other.scenario)
          && server.equals(other.server)
          && load.connections() == other.load.connections()
          && load.streams() == other.load.streams()
          && load.payloadBytes() == other.load.payloadBytes()
          && Math.abs(load.rate() - other.load.rate()) <= SAME_RATE * load.rate();
    }
  }

  /** Rounds of the same by what they are rounds of, in the order of the first of each. */
  static Map<Same, List<Run>> rounds(List<Run> runs) {
    return runs.stream()
        .collect(Collectors.groupingBy(Same::of, LinkedHashMap::new, Collectors.toList()));
  }

  /**
   * Of several rounds of the same the one in the middle: by calls per second, or in an open loop,
   * where these are given, by the 99th percentile.
   */
  static List<Run> typical(List<Run> runs) {
    return rounds(runs).values().stream().map(Runs::middle).toList();
  }

  private static Run middle(List<Run> rounds) {
    return rounds.stream()
        .sorted(
            Comparator.comparingDouble(
                run -> run.load().rate() > 0 ? run.micros(99) : run.callsPerSecond()))
        .toList()
        .get((rounds.size() - 1) / 2);
  }

  /** A load in words. */
  static String load(Run.Offered load) {
    String shape =
        Numbers.plain(load.connections())
            + (load.connections() == 1 ? " connection" : " connections")
            + (load.rate() > 0
                ? ", " + Numbers.plain(load.rate()) + " calls/s offered"
                : " × " + load.streams() + (load.streams() == 1 ? " call" : " calls"));
    return shape
        + ", "
        + Numbers.plain(load.payloadBytes())
        + " B, "
        + Numbers.plain(load.seconds())
        + " s";
  }

  static String group(String group) {
    return switch (group) {
      case "standard" -> "Standard scenarios";
      case "compare" -> "Beside the peers";
      case "sweep-rate" -> "By rate";
      case "sweep-connections" -> "By connections";
      case "overhead" -> "Overhead";
      case "many-connections" -> "Many connections";
      case "soak" -> "Soak";
      default -> group;
    };
  }
}
