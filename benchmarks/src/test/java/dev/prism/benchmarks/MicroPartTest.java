package dev.prism.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class MicroPartTest {
  private final Set<String> benchmarks =
      BenchmarkList.defaultList()
          .getAll(
              OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
          .stream()
          .map(entry -> entry.getUsername())
          .collect(Collectors.toSet());

  @Test
  void eachPartIsABenchmark() {
    assertThat(benchmarks).containsAll(methods());
  }

  @Test
  void eachClassOfBenchmarksHasAPart() {
    assertThat(classes(methods())).isEqualTo(classes(benchmarks));
  }

  @Test
  void noTwoPartsHaveOneName() {
    assertThat(MicroPart.ALL).extracting(MicroPart::name).doesNotHaveDuplicates();
  }

  private static Set<String> methods() {
    return Stream.concat(Stream.of(MicroPart.CALIBRATION), MicroPart.ALL.stream())
        .map(MicroPart::method)
        .collect(Collectors.toSet());
  }

  private static Set<String> classes(Set<String> methods) {
    return methods.stream()
        .map(method -> method.substring(0, method.lastIndexOf('.')))
        .collect(Collectors.toSet());
  }
}
