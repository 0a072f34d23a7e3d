package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the README shows is run as it stands there. */
@Tag("system")
class ReadmeTest {
  @Test
  void thePythonClientPutsAndGets() throws Exception {
    // Given
    Language.PYTHON.build();
    Path script = Files.writeString(Language.PYTHON.folder.resolve("readme.py"), fenced("python"));
    try (Prism prism = Prism.up(Prism.newDirectory("readme-python"))) {
      // When
      String out =
          Tools.run(
              Prism.HOME,
              Map.of("PRISM_ENDPOINT", prism.endpoint()),
              Language.PYTHON.folder.resolve("venv/bin/python").toString(),
              script.toString());

      // Then
      assertThat(out).isEqualTo("hello\n");
    }
  }

  @Test
  void theNodeClientPutsAndGets() throws Exception {
    // Given
    Language.NODE.build();
    Path script = Files.writeString(Language.NODE.folder.resolve("readme.js"), fenced("js"));
    try (Prism prism = Prism.up(Prism.newDirectory("readme-node"))) {
      // When
      String out =
          Tools.run(
              Prism.HOME, Map.of("PRISM_ENDPOINT", prism.endpoint()), "node", script.toString());

      // Then
      assertThat(out).isEqualTo("hello\n");
    }
  }

  @Test
  void theGrpcurlCallsReadWhatTheCommandPut() throws Exception {
    // Given
    Path grpcurl = Tools.go("github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3");
    try (Prism prism = Prism.up(Prism.newDirectory("readme-grpcurl"))) {
      assertThat(
              Prism.run("kv", "put", "greeting", "hello", "--endpoint", prism.endpoint()).status())
          .isZero();
      String script = fenced("sh").replace("127.0.0.1:8980", prism.endpoint());

      // When
      String out =
          Tools.run(
              Prism.HOME,
              Map.of("PATH", grpcurl.getParent() + ":" + System.getenv("PATH")),
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
      Prism.Ended publish =
          Prism.run("queue", "publish", "orders", "two of those", "--endpoint", prism.endpoint());
      Prism.Ended subscribe =
          Prism.run(
              "queue", "subscribe", "orders", "--group", "billing", "--endpoint", prism.endpoint());
      Prism.Ended plugins = Prism.run("plugins", "--admin-endpoint", prism.adminEndpoint());

      // Then
      assertThat(put.status()).as(put.err()).isZero();
      assertThat(get.out().strip()).isEqualTo("hello");
      assertThat(publish.status()).as(publish.err()).isZero();
      assertThat(subscribe.out()).as(subscribe.err()).contains("two of those");
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
}
