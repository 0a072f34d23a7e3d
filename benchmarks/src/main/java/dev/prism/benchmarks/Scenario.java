package dev.prism.benchmarks;

import dev.prism.perf.servers.Server;
import java.io.IOException;
import java.util.List;

/**
 * A row of the report.
 *
 * @param name as {@code only=} takes it
 * @param title for people
 * @param servers in the order in which they take turns
 * @param rounds how many count
 * @param fresh whether each round has a process of its own; otherwise all scenarios share one for
 *     each server, and a round that does not count goes before
 */
record Scenario(
    String name, String title, List<String> servers, int rounds, boolean fresh, Round round) {
  /** Measures one server once. */
  interface Round {
    Figures measure(Server server) throws IOException, InterruptedException;
  }
}
