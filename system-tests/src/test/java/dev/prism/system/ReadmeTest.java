package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the README shows is run as it stands there. */
@Tag("system")
class ReadmeTest {
  private static final Path TOOLS = Prism.HOME.resolve("system-tests/target/tools");

  @Test
  void theNodeClientPutsAndGets() throws Exception {
    // Given
    needs("npm");
    Path folder = Files.createDirectories(TOOLS.resolve("node"));
    Files.writeString(folder.resolve("package.json"), "{}");
    run(
        folder,
        Map.of(),
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "@grpc/grpc-js",
        "@grpc/proto-loader");
    Path script = Files.writeString(folder.resolve("client.js"), fenced("js"));
    try (Prism prism = Prism.up(Prism.newDirectory("readme-node"))) {
      // When
      String out =
          run(
              Prism.HOME,
              Map.of(
                  "PRISM_ENDPOINT",
                  prism.endpoint(),
                  "NODE_PATH",
                  folder.resolve("node_modules").toString()),
              "node",
              script.toString());

      // Then
      assertThat(out).isEqualTo("hello\n");
    }
  }

  @Test
  void theGrpcurlCallsReadWhatTheCommandPut() throws Exception {
    // Given
    needs("go");
    Files.createDirectories(TOOLS);
    run(
        TOOLS,
        Map.of("GOBIN", TOOLS.toString(), "GOFLAGS", "-mod=mod"),
        "go",
        "install",
        "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3");
    try (Prism prism = Prism.up(Prism.newDirectory("readme-grpcurl"))) {
      assertThat(
              Prism.run("kv", "put", "greeting", "hello", "--endpoint", prism.endpoint()).status())
          .isZero();
      String script = fenced("sh").replace("127.0.0.1:8980", prism.endpoint());

      // When
      String out =
          run(
              Prism.HOME,
              Map.of("PATH", TOOLS + ":" + System.getenv("PATH")),
              "bash",
              "-euc",
              script);

      // Then the value is there, in base64 as JSON has it
      assertThat(out).contains("\"value\": \"aGVsbG8=\"");
    }
  }

  @Test
  void theCommandsOfTheReadmeAnswerAsItSays() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("readme-cli"))) {
      // When
      Prism.Ended put = Prism.run("kv", "put", "greeting", "hello", "--endpoint", prism.endpoint());
      Prism.Ended get = Prism.run("kv", "get", "greeting", "--endpoint", prism.endpoint());
      Prism.Ended plugins = Prism.run("plugins", "--admin-endpoint", prism.adminEndpoint());

      // Then
      assertThat(put.status()).as(put.err()).isZero();
      assertThat(get.out().strip()).isEqualTo("hello");
      assertThat(plugins.out()).contains("sqlite").contains("memory").contains("READY");
    }
  }

  private static String fenced(String language) throws IOException {
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Prism.HOME.resolve("README.md")));
    assertThat(block.find()).as("a block of " + language + " in the README").isTrue();
    return block.group(1);
  }

  private static void needs(String tool) {
    boolean found =
        List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    if ("true".equals(System.getenv("CI"))) {
      assertThat(found).as(tool + ", which CI must have").isTrue();
    }
    assumeTrue(found, tool + " is not installed");
  }

  private static String run(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "readme-", ".out");
    Path err = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "readme-", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running after five minutes: " + List.of(command));
    }
    assertThat(process.exitValue())
        .as(
            () -> {
              try {
                return String.join(" ", command) + "\n" + Files.readString(err);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            })
        .isZero();
    return Files.readString(out);
  }
}
