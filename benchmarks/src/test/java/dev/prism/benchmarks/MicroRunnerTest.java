package dev.prism.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.benchmarks.MicroRunner.Effort;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.RunnerException;

/** Short runs of JMH: too short for figures, long enough for factors. */
@Tag("conformance")
class MicroRunnerTest {
  private final MicroRunner runner =
      new MicroRunner(new Effort(1, 500, 10, 50), new PrintStream(OutputStream.nullOutputStream()));

  @Test
  void aPartThatAllocatesMoreThanItsBaselineFails() throws RunnerException {
    MicroBaseline baseline = baseline(ring(4096));

    List<MicroVerdict> verdicts = MicroVerdict.of(runner.run(List.of(ring(8192))), baseline);

    assertThat(verdicts)
        .singleElement()
        .satisfies(
            verdict ->
                assertThat(verdict.failures())
                    .anySatisfy(failure -> assertThat(failure).startsWith("allocates ")));
  }

  @Test
  void aPartThatTakesLongerThanItsBaselineFails() throws RunnerException {
    MicroBaseline baseline = baseline(oneByOne(100));

    List<MicroVerdict> verdicts = MicroVerdict.of(runner.run(List.of(oneByOne(100_000))), baseline);

    assertThat(verdicts)
        .singleElement()
        .satisfies(
            verdict ->
                assertThat(verdict.failures())
                    .anySatisfy(failure -> assertThat(failure).startsWith("takes ")));
  }

  private MicroBaseline baseline(MicroPart part) throws RunnerException {
    MicroBaseline none = new MicroBaseline(Map.of(), Map.of());
    return MicroBaseline.of(runner.run(List.of(part)), Map.of(), none);
  }

  private static MicroPart ring(int bodyBytes) {
    return new MicroPart(
        "ring",
        "dev.prism.benchmarks.RingBenchmark.call",
        Map.of("bodyBytes", Integer.toString(bodyBytes)));
  }

  /** A thousand times the work. */
  private static MicroPart oneByOne(int patterns) {
    return new MicroPart(
        "patterns",
        "dev.prism.benchmarks.PatternBenchmark.oneByOne",
        Map.of("patterns", Integer.toString(patterns)));
  }
}
