package dev.prism.benchmarks;

import java.util.List;

/**
 * What {@code ./prism bench engine} was asked for.
 *
 * @param rounds of each scenario, each server once in every round
 * @param seconds of each round; 0 is each scenario's own default
 * @param only parts of names: a scenario runs whose name contains one of them; empty runs all
 * @param connections of the scenarios that are about many
 * @param profile whether each echo server is recorded by JFR, which costs a few percent
 * @param json whether the result is JSON instead of tables
 */
record EngineOptions(
    int rounds, int seconds, List<String> only, int connections, boolean profile, boolean json) {
  private static final String KNOWN =
      "there are rounds=N, seconds=N, only=NAME,NAME..., connections=N, --profile, --json";

  /**
   * Reads {@code name=value} pairs.
   *
   * @throws IllegalArgumentException in a line for a person
   */
  static EngineOptions parse(String[] args) {
    int rounds = 5;
    int seconds = 0;
    List<String> only = List.of();
    int connections = 10_000;
    boolean profile = false;
    boolean json = false;
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      String given = pair.length == 2 ? pair[1] : "";
      switch (pair[0]) {
        case "rounds" -> rounds = positive(arg, given);
        case "seconds" -> seconds = positive(arg, given);
        case "only" -> only = List.of(given.split(","));
        case "connections" -> connections = positive(arg, given);
        case "--profile" -> profile = true;
        case "--json" -> json = true;
        default -> throw new IllegalArgumentException("unknown option " + arg + "; " + KNOWN);
      }
    }
    return new EngineOptions(rounds, seconds, only, connections, profile, json);
  }

  private static int positive(String arg, String number) {
    try {
      int value = Integer.parseInt(number);
      if (value > 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new IllegalArgumentException(arg + " is not a number above 0; " + KNOWN);
  }

  boolean wants(String scenario) {
    return only.isEmpty() || only.stream().anyMatch(scenario::contains);
  }

  int secondsOr(int ownDefault) {
    return seconds == 0 ? ownDefault : seconds;
  }
}
