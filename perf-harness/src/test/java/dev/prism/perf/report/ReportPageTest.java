package dev.prism.perf.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.gate.Verdict;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What a person reads on the page, and what the page needs for it: nothing. */
class ReportPageTest {
  private static final String EVIL = "<script>alert(\"it's\")</script> & </title>";

  @Test
  void thePageIsWellFormedAndHasNoFigureThatIsNone() throws Exception {
    Report report = SampleReport.of(2, 0.3);

    String html = ReportPage.html(report, SampleReport.of(1, 1));

    assertThat(parse(html).getDocumentElement().getTagName()).isEqualTo("html");
    assertThat(html).doesNotContain("NaN", "Infinity", "null");
  }

  @Test
  void thePageLoadsNothing() throws Exception {
    String html = ReportPage.html(SampleReport.of(2, 1), SampleReport.of(1, 1));

    Set<String> targets = new HashSet<>();
    for (Element each : elements(parse(html), "*")) {
      for (String attribute : List.of("href", "src", "srcset", "data", "action", "xlink:href")) {
        targets.add(each.getAttribute(attribute));
      }
    }
    assertThat(targets).allMatch(target -> target.isEmpty() || target.startsWith("#"));
    assertThat(html).doesNotContain("http://", "https://", "url(", "@import");
  }

  @Test
  void everyLinkHasItsTarget() throws Exception {
    Document page = parse(ReportPage.html(SampleReport.of(2, 0.3), SampleReport.of(1, 1)));

    List<String> ids = new ArrayList<>();
    Set<String> targets = new HashSet<>();
    for (Element each : elements(page, "*")) {
      if (each.hasAttribute("id")) {
        ids.add("#" + each.getAttribute("id"));
      }
      if (each.hasAttribute("href")) {
        targets.add(each.getAttribute("href"));
      }
    }
    assertThat(ids).doesNotHaveDuplicates().containsAll(targets);
  }

  @Test
  void textOfOthersIsOnlyText() throws Exception {
    Run run = evil();
    Verdict verdict = verdict(EVIL, false);
    Report report =
        new Report(
            EVIL, Map.of(EVIL, EVIL), List.of(verdict), Map.of(), List.of(run), Map.of(EVIL, 0.5));

    Document page = parse(ReportPage.html(report, report));

    assertThat(elements(page, "script")).hasSize(1);
    assertThat(element(page, "head").getTextContent()).doesNotContain("alert");
    for (String where : List.of("gates", "overhead", "time", "runs")) {
      assertThat(section(page, where)).as(where).contains(EVIL);
    }
    assertThat(element(page, "header").getTextContent()).contains(EVIL);
  }

  @Test
  void everyVerdictIsInTheTableInWords() throws Exception {
    Report report = SampleReport.of(2, 0.3);

    Document page = parse(ReportPage.html(report, null));

    List<Element> rows = elements(byId(page, "gates").getElementsByTagName("tr"));
    assertThat(rows).hasSize(1 + report.verdicts().size());
    for (int i = 0; i < report.verdicts().size(); i++) {
      Verdict verdict = report.verdicts().get(i);
      String row = text(rows.get(i + 1));
      assertThat(row).contains(verdict.title());
      assertThat(row.contains("fails")).as(row).isEqualTo(!verdict.passes());
      assertThat(row.contains("short"))
          .as(row)
          .isEqualTo(!verdict.ownHolds() && !verdict.required());
      assertThat(row.contains("not measured")).as(row).isEqualTo(Double.isNaN(verdict.value()));
    }
  }

  @Test
  void aGateThatFailsIsSaidAtTheTop() throws Exception {
    Report report = SampleReport.of(2, 0.3);

    Document page = parse(ReportPage.html(report, null));

    String top = text(element(page, "header"));
    assertThat(top)
        .contains("2 of 9 RFC gates fail; 9 of 15 of Prism’s own bars are short.")
        .contains("the largest plugin, resident: 161 MB; the RFC asks for ≤ 100");
    assertThat(element(page, "title").getTextContent()).contains("2 of 9 RFC gates fail");
  }

  @Test
  void callsThatFailedAreSaidAtTheTopAndWithTheirRun() throws Exception {
    Report report = SampleReport.of(2, 1);
    int runs = report.runs().size();

    Document page = parse(ReportPage.html(report, null));

    assertThat(text(element(page, "header")))
        .contains((runs - 1) + " of " + runs + "Runs without a failed call");
    assertThat(section(page, "runs")).contains("3 × UNAVAILABLE");
  }

  @Test
  void aBarOfPrismsOwnThatIsRequiredFailsTheWhole() throws Exception {
    Report report = verdicts(verdict("bytes", false));

    Document page = parse(ReportPage.html(report, null));

    assertThat(text(element(page, "header")))
        .contains("All RFC gates pass; 1 of Prism’s own bars that is required fails.")
        .contains("bytes: 12.5 B; Prism requires ≤ 10");
  }

  @Test
  void whereAllHoldsThatIsAllThatIsSaid() throws Exception {
    Report report = verdicts(verdict("bytes", true));

    Document page = parse(ReportPage.html(report, null));

    assertThat(text(element(page, "header")))
        .contains("All RFC gates pass; all of Prism’s own bars hold.");
  }

  @Test
  void aPreviousReportGivesChangesWithTheirSigns() throws Exception {
    Report before = SampleReport.of(1, 1);
    Report now = SampleReport.of(1, 1.25);

    Document page = parse(ReportPage.html(now, before));

    // Latency: less is better. Calls: more is. Memory of the plugin: by a root.
    assertThat(row(page, "overhead-p50")).contains("−20.0 % better");
    assertThat(row(page, "one-proxy")).contains("+25.0 % better");
    assertThat(row(page, "plugin-memory")).contains("−10.6 % better");
    assertThat(row(page, "proxy-memory")).contains("±0 %").doesNotContain("better", "worse");
    assertThat(row(parse(ReportPage.html(before, now)), "one-proxy")).contains("−20.0 % worse");
    assertThat(section(page, "runs")).contains("−20.0 % better");
    assertThat(section(page, "latency")).contains("previous");
  }

  @Test
  void withoutAPreviousReportNoneIsSpokenOf() throws Exception {
    Document page = parse(ReportPage.html(SampleReport.of(1, 1), null));

    assertThat(text(element(page, "main"))).doesNotContain("previous", "±", "worse");
  }

  @Test
  void aPreviousReportOfAnotherMachineIsWarnedOf() throws Exception {
    Report now = SampleReport.of(1, 1);
    Report before =
        new Report(
            now.digest(),
            Map.of("processor", "a larger one"),
            now.verdicts(),
            now.values(),
            now.runs(),
            now.parts());

    Document page = parse(ReportPage.html(now, before));

    assertThat(section(page, "gates"))
        .contains("differs in processor (then a larger one, now Intel");
  }

  @Test
  void aReportWithoutRunsIsAPage() throws Exception {
    Document page = parse(ReportPage.html(SampleReport.empty(), null));

    assertThat(text(element(page, "main")))
        .contains("No gates were judged.", "Nothing was measured.", "How it was measured");
    assertThat(elements(page, "figure")).isEmpty();
  }

  @Test
  void peersAreComparedWithNettyWhereItIsAmongThem() throws Exception {
    Report report = SampleReport.of(1, 1);
    double prism = middle(report, "prism");
    double netty = middle(report, "netty");

    Document page = parse(ReportPage.html(report, null));

    assertThat(section(page, "peers"))
        .contains("the middle one of 3 rounds", "× grpc-netty", "× JDBC, prepared", "1.00 ×")
        .contains("%.2f ×".formatted(prism / netty));
  }

  @Test
  void roundsOnTheSameProcessesAreOneChartOverTheTimeOfAll() throws Exception {
    Report report = SampleReport.of(1, 1);

    Document page = parse(ReportPage.html(report, null));

    List<String> figures =
        elements(byId(page, "time").getElementsByTagName("figure")).stream()
            .map(ReportPageTest::text)
            .filter(text -> text.contains("mixed on SQLite"))
            .toList();
    assertThat(figures).hasSize(2);
    // 20 rounds of a minute and 4 seconds of warm-up before each.
    assertThat(figures.get(0)).contains("× 20", "proxy after 19.5 min: 18");
    assertThat(figures.get(1)).contains("P99 up to 1 min: ", "P99 up to 21.3 min: ");
    assertThat(section(page, "runs")).contains("round 20 of 20").doesNotContain("round 2 of 20");
  }

  private static double middle(Report report, String server) {
    return report.runs().stream()
        .filter(run -> run.scenario().equals("get-1") && run.server().equals(server))
        .mapToDouble(Run::callsPerSecond)
        .sorted()
        .skip(1)
        .findFirst()
        .orElseThrow();
  }

  private static Run evil() {
    List<Percentile> latency = List.of(new Percentile(50, 10), new Percentile(99, 20));
    Run.Cost cost = new Run.Cost(1, 1, 1, 1, 1);
    List<Run.Sample> samples =
        List.of(
            new Run.Sample(0.5, Map.of(EVIL, 1e6), Map.of()),
            new Run.Sample(1, Map.of(EVIL, 2e6), Map.of()));
    return new Run(
        EVIL,
        "soak",
        EVIL,
        EVIL,
        new Run.Offered(1, 1, 0, 1, 1, 0),
        1,
        1,
        0,
        Map.of(EVIL, 1L),
        latency,
        latency,
        latency,
        Map.of(EVIL, cost),
        samples,
        0,
        0);
  }

  private static Verdict verdict(String name, boolean holds) {
    String gate = name.equals(EVIL) ? "evil" : name;
    return new Verdict(gate, name, holds ? 9 : 12.5, "B", "≤ 20", true, "≤ 10", holds, true, name);
  }

  private static Report verdicts(Verdict... verdicts) {
    return new Report("", Map.of(), List.of(verdicts), Map.of(), List.of(), Map.of());
  }

  private static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static String row(Document page, String gate) {
    return text(byId(page, "gate-" + gate));
  }

  private static String section(Document page, String id) {
    return text(byId(page, id));
  }

  private static Element byId(Document page, String id) {
    return elements(page, "*").stream()
        .filter(each -> each.getAttribute("id").equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + id));
  }

  private static Element element(Document page, String name) {
    return elements(page, name).getFirst();
  }

  private static List<Element> elements(Document page, String name) {
    return elements(page.getElementsByTagName(name));
  }

  private static List<Element> elements(NodeList nodes) {
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  /** As it reads: what is between words is a space, whatever it was. */
  private static String text(Element element) {
    return element.getTextContent().replaceAll("[\\s\u00a0\u202f]+", " ").strip();
  }
}
