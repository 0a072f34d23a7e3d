package dev.prism.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.benchmarks.MicroBaseline.Entry;
import dev.prism.benchmarks.MicroRun.Measurement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MicroVerdictTest {
  private static final MicroBaseline BASELINE = baseline(new Entry(0.1, 400, 1.5));

  @Test
  void whatCostsWhatItCostPasses() {
    MicroVerdict verdict = only(run(100, 400), BASELINE);

    assertThat(verdict.passes()).isTrue();
    assertThat(verdict.ratio()).isEqualTo(0.1);
  }

  @Test
  void aTimeWithinTheMarginPassesAndOneOverItFails() {
    assertThat(only(run(150, 400), BASELINE).passes()).isTrue();
    assertThat(only(run(151, 400), BASELINE).failures())
        .containsExactly("takes 1.51 x its baseline, 1.50 x is allowed");
  }

  @Test
  void aPartMayHaveAMarginOfItsOwn() {
    MicroBaseline wide = baseline(new Entry(0.1, 400, 3));

    assertThat(only(run(300, 400), wide).passes()).isTrue();
    assertThat(only(run(301, 400), wide).passes()).isFalse();
  }

  @Test
  void aSlowerMachineThatIsSlowerAtTheCalibrationTooPasses() {
    MicroRun slow = new MicroRun(List.of(new Measurement("part", 400, 400)), List.of(4000.0));

    assertThat(only(slow, BASELINE).passes()).isTrue();
  }

  @Test
  void oneCalibrationThatWasDisturbedChangesNothing() {
    MicroRun run =
        new MicroRun(List.of(new Measurement("part", 151, 400)), List.of(1000.0, 1000.0, 9000.0));

    assertThat(only(run, BASELINE).passes()).isFalse();
    assertThat(run.spread()).isEqualTo(8);
  }

  @Test
  void aFiftiethMoreBytesPassesAndWhatIsOverItFails() {
    assertThat(only(run(100, 408), BASELINE).passes()).isTrue();
    assertThat(only(run(100, 409), BASELINE).failures())
        .containsExactly("allocates 409.0 B, 408.0 B is allowed");
  }

  @Test
  void ofNoBytesRoundingAloneIsLetThrough() {
    MicroBaseline nothing = baseline(new Entry(0.1, 0, 1.5));

    assertThat(only(run(100, 1), nothing).passes()).isTrue();
    assertThat(only(run(100, 8), nothing).passes()).isFalse();
  }

  @Test
  void whatAllocatesTwiceAsMuchFailsHoweverFastItIs() {
    assertThat(only(run(50, 800), BASELINE).failures())
        .containsExactly("allocates 800.0 B, 408.0 B is allowed");
  }

  @Test
  void aPartWithoutABaselineFails() {
    MicroVerdict verdict = only(run(100, 400), new MicroBaseline(Map.of(), Map.of()));

    assertThat(verdict.failures()).containsExactly("has no baseline");
  }

  @Test
  void aBaselineOfAPartThatWasNotMeasuredFails() {
    MicroRun nothing = new MicroRun(List.of(), List.of(1000.0));

    assertThat(only(nothing, BASELINE).failures()).containsExactly("was not measured");
  }

  private static MicroBaseline baseline(Entry entry) {
    return new MicroBaseline(Map.of(), Map.of("part", entry));
  }

  /** Beside a calibration of a microsecond. */
  private static MicroRun run(double nanos, double bytes) {
    return new MicroRun(List.of(new Measurement("part", nanos, bytes)), List.of(1000.0));
  }

  private static MicroVerdict only(MicroRun run, MicroBaseline baseline) {
    List<MicroVerdict> verdicts = MicroVerdict.of(run, baseline);
    assertThat(verdicts).hasSize(1);
    return verdicts.getFirst();
  }
}
