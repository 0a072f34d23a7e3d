package dev.prism.proxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FamiliesTest {
  @Test
  void whatTheProxyAndAPluginHaveBothIsDescribedOnce() {
    String page =
        """
        # HELP process_cpu_seconds_total CPU.
        # TYPE process_cpu_seconds_total counter
        process_cpu_seconds_total 1.0
        """;
    MetricsPage.Families families = new MetricsPage.Families();

    families.add("", page);
    families.add(MetricsPage.label("a", 0), page);

    assertThat(families.text())
        .isEqualTo(page + "process_cpu_seconds_total{instance=\"a\",process=\"0\"} 1.0\n");
  }

  @Test
  void pagesOfSeveralPluginsBecomeOneWithAnInstanceOnEachSample() {
    String page =
        """
        # HELP ops_total Operations.
        # TYPE ops_total counter
        ops_total{op="Get"} 1.0
        # HELP up Up.
        # TYPE up gauge
        up 1.0
        """;
    MetricsPage.Families families = new MetricsPage.Families();

    families.add(MetricsPage.label("a", 0), page);
    families.add(MetricsPage.label("b", 1), page);

    assertThat(families.text())
        .isEqualTo(
            """
            # HELP ops_total Operations.
            # TYPE ops_total counter
            ops_total{instance="a",process="0",op="Get"} 1.0
            ops_total{instance="b",process="1",op="Get"} 1.0
            # HELP up Up.
            # TYPE up gauge
            up{instance="a",process="0"} 1.0
            up{instance="b",process="1"} 1.0
            """);
  }
}
