package dev.prism.perf.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A report survives its JSON, and other programs can read it. */
class ReportJsonTest {
  @Test
  void aReportReadsBackAsItWas() {
    // Slow enough for a gate that was not measured: its value is NaN.
    Report report = SampleReport.of(1, 0.3);

    Report read = ReportJson.read(ReportJson.write(report));

    assertThat(read).isEqualTo(report);
    assertThat(read.verdicts()).anyMatch(verdict -> Double.isNaN(verdict.value()));
    assertThat(read.runs()).hasSizeGreaterThan(20);
  }

  @Test
  void whatIsNotFiniteIsNullAndReadsBackAsNaN() {
    Report report = values(Map.of("a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", 1.5));

    String json = ReportJson.write(report);

    JsonObject values = JsonParser.parseString(json).getAsJsonObject().getAsJsonObject("values");
    assertThat(values.get("a").isJsonNull()).isTrue();
    assertThat(values.get("b").isJsonNull()).isTrue();
    assertThat(ReportJson.read(json).values())
        .isEqualTo(Map.of("a", Double.NaN, "b", Double.NaN, "c", 1.5));
  }

  @Test
  void theSameContentIsTheSameText() {
    Map<String, Double> upwards = new LinkedHashMap<>();
    Map<String, Double> downwards = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      upwards.put("key" + i, (double) i);
      downwards.put("key" + (19 - i), (double) (19 - i));
    }

    String json = ReportJson.write(values(upwards));

    assertThat(json).isEqualTo(ReportJson.write(values(downwards)));
    assertThat(JsonParser.parseString(json).getAsJsonObject().keySet())
        .containsExactly("format", "digest", "about", "verdicts", "values", "runs", "parts");
  }

  @Test
  void anotherFormatIsNotRead() {
    String json = ReportJson.write(SampleReport.empty()).replace("\"format\": 1", "\"format\": 2");

    assertThatThrownBy(() -> ReportJson.read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a report of format 1: its format is 2");
  }

  @Test
  void aReportThatLacksAPartIsNotRead() {
    JsonObject json =
        JsonParser.parseString(ReportJson.write(SampleReport.of(1, 1))).getAsJsonObject();
    json.getAsJsonArray("runs").get(3).getAsJsonObject().remove("latency");

    assertThatThrownBy(() -> ReportJson.read(json.toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("runs[3] lacks latency");
  }

  @Test
  void whatIsNoReportIsRefusedInALine() {
    for (String text : List.of("", "null", "[]", "{}", "<html>", "{\"format\": 1")) {
      assertThatThrownBy(() -> ReportJson.read(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("not a report");
    }
  }

  private static Report values(Map<String, Double> values) {
    return new Report("", Map.of(), List.of(), values, List.of(), Map.of());
  }
}
