package dev.prism.perf.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where things are in a chart. */
class ChartTest {
  @Test
  void eachFurtherNineIsAsLongAsTheOneBefore() {
    Axis axis = Axis.percentiles();

    List<Double> places =
        DoubleStream.of(90, 99, 99.9, 99.99, 99.999)
            .mapToObj(percent -> axis.place(Axis.nines(percent)))
            .toList();

    for (int i = 0; i < places.size(); i++) {
      assertThat(places.get(i)).isCloseTo(0.2 * (i + 1), within(1e-6));
    }
    assertThat(axis.ticks()).extracting(Axis.Tick::label).contains("50", "99.9", "99.999");
  }

  @Test
  void latenciesGoFromTheRoundFigureBelowToTheOneAbove() {
    Axis axis = Axis.latencies("latency", DoubleStream.of(Double.NaN, 0, 130, 1900, 4100));

    assertThat(axis.low()).isCloseTo(100, within(1e-6));
    assertThat(axis.high()).isCloseTo(5000, within(1e-6));
    assertThat(axis.ticks())
        .extracting(Axis.Tick::label)
        .containsExactly("100 µs", "200 µs", "500 µs", "1 ms", "2 ms", "5 ms");
  }

  @Test
  void marksOfManyDecadesAreThoseOfTheDecades() {
    Axis axis = Axis.latencies("latency", DoubleStream.of(30, 900_000));

    assertThat(axis.ticks())
        .extracting(Axis.Tick::label)
        .containsExactly("100 µs", "1 ms", "10 ms", "100 ms", "1 s");
  }

  @Test
  void anAxisOfNothingIsAnAxis() {
    Axis axis = Axis.linear("time, s", DoubleStream.empty());

    assertThat(axis.place(0)).isZero();
    assertThat(axis.ticks()).isNotEmpty();
  }

  @Test
  void namesOfLinesThatEndTogetherStayApartAndInside() {
    List<Line> lines =
        IntStream.range(0, 6).mapToObj(i -> line("line " + i, 10 + i * 0.01)).toList();
    Axis x = Axis.whole("x", DoubleStream.of(1));
    Axis y = Axis.linear("y", DoubleStream.of(10));

    Chart chart = Chart.of(Chart.Size.SMALL, "", x, y, lines);

    List<Double> places = chart.lines().stream().map(Chart.Drawn::labelY).sorted().toList();
    for (int i = 1; i < places.size(); i++) {
      assertThat(places.get(i) - places.get(i - 1)).isGreaterThanOrEqualTo(13 - 1e-6);
    }
    assertThat(places.getFirst()).isGreaterThanOrEqualTo(chart.plot().top());
    assertThat(places.getLast()).isLessThanOrEqualTo(chart.plot().bottom());
  }

  @Test
  void aNameThatIsTooLongIsCut() {
    Axis axis = Axis.linear("", DoubleStream.of(1));

    Chart chart =
        Chart.of(Chart.Size.SMALL, "", axis, axis, List.of(line("a driver with a long name", 1)));

    assertThat(chart.lines().getFirst().label()).isEqualTo("a driver…");
  }

  private static Line line(String name, double y) {
    return new Line(
        name,
        0,
        Line.Stroke.PLAIN,
        List.of(new Line.Point(0, y, "", false), new Line.Point(1, y, "", false)));
  }
}
