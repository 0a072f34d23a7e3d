package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.Certificates;
import dev.prism.grpc.Engine;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.HttpRoute;
import dev.prism.grpc.Implementation;
import dev.prism.grpc.TlsFiles;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * HTTP/2 as h2spec asks for it, strict cases too, on a socket with a route whose body is larger
 * than the flow-control windows that its cases open.
 */
@Tag("system")
class H2specTest {
  private static final int CASES = 146;

  private static Path h2spec;

  @BeforeAll
  static void build() throws Exception {
    Tools.needs("go");
    h2spec = Tools.FOLDER.resolve("h2spec");
    Tools.run(
        Prism.HOME.resolve("system-tests/src/test/h2spec"),
        Map.of("GOFLAGS", ""),
        "go",
        "build",
        "-o",
        h2spec.toString(),
        "github.com/summerwind/h2spec/cmd/h2spec");
  }

  @Test
  void everyCaseHoldsInTheClear() throws Exception {
    List<String> failures = failures("clear", null);

    assertThat(failures).isEmpty();
  }

  @Test
  void everyCaseHoldsOverTls() throws Exception {
    Certificates.Issued server =
        new Certificates(Tools.FOLDER.resolve("h2spec-certificates")).issue("server");

    List<String> failures =
        failures("tls", new TlsFiles(server.chain(), server.key(), null), "-t", "-k");

    assertThat(failures).isEmpty();
  }

  private static List<String> failures(String name, @Nullable TlsFiles tls, String... flags)
      throws Exception {
    HttpRoute route = new HttpRoute("/", () -> new HttpRoute.Answer(200, "text/plain", BODY));
    Path report = Tools.FOLDER.resolve("h2spec-" + name + ".xml");
    Files.deleteIfExists(report);
    try (GrpcHost host =
        GrpcHost.start(
            new GrpcHost.Settings(
                Engine.PRISM, Implementation.MAX_MESSAGE, Implementation.FAILURES),
            List.of(
                new GrpcHost.Socket(
                    "test",
                    InetAddress.getLoopbackAddress(),
                    0,
                    List.of(),
                    List.of(route),
                    tls)))) {
      List<String> command =
          new ArrayList<>(List.of(h2spec.toString(), "--strict", "-j", report.toString()));
      command.addAll(List.of("-p", String.valueOf(host.port("test"))));
      command.addAll(List.of(flags));
      Tools.end(Tools.FOLDER, Map.of(), command.toArray(String[]::new));
    }
    return failures(report);
  }

  /** The report's cases that are not passed, each with its section and what came instead. */
  private static List<String> failures(Path report) throws Exception {
    NodeList cases =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    assertThat(cases.getLength()).isEqualTo(CASES);
    return IntStream.range(0, CASES)
        .mapToObj(i -> (Element) cases.item(i))
        .filter(test -> test.getElementsByTagName("*").getLength() > 0)
        .map(
            test ->
                test.getAttribute("package")
                    + " "
                    + test.getAttribute("classname")
                    + ": "
                    + test.getTextContent().strip())
        .toList();
  }

  private static final String BODY = "0123456789abcdef".repeat(512);
}
