package dev.prism.benchmarks;

import dev.prism.sdk.pubsub.PatternTrie;
import dev.prism.sdk.pubsub.TopicPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Which of many patterns an event's topic matches. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PatternBenchmark {
  /** How many patterns there are: a tenth of them have a wildcard. */
  @Param({"100", "100000"})
  public int patterns;

  private final PatternTrie<Integer> trie = new PatternTrie<>();
  private final List<TopicPattern> all = new ArrayList<>();
  private String[] topics = {};
  private int next;

  /** Fills the trie with {@code region.N.user.M} and the like. */
  @Setup
  public void fill() {
    Random random = new Random(1);
    for (int i = 0; i < patterns; i++) {
      String pattern =
          switch (i % 20) {
            case 0 -> "region." + i + ".*.created";
            case 1 -> "region." + i + ".>";
            default -> "region." + i + ".user." + random.nextInt(1000);
          };
      all.add(new TopicPattern(pattern));
      trie.add(all.getLast(), i);
    }
    topics = new String[1024];
    for (int i = 0; i < topics.length; i++) {
      topics[i] = "region." + random.nextInt(patterns) + ".user.created";
    }
  }

  /** By the trie: costs what the topic's tokens cost. */
  @Benchmark
  public void trie(Blackhole found) {
    trie.match(topics[next++ & 1023], found::consume);
  }

  /** One by one, to compare. */
  @Benchmark
  public void oneByOne(Blackhole found) {
    String topic = topics[next++ & 1023];
    for (TopicPattern pattern : all) {
      if (pattern.matches(topic)) {
        found.consume(pattern);
      }
    }
  }
}
