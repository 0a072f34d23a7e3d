package dev.prism.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.InfoRequest;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.ReadyResponse;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example plugin, built with the SDK alone and run as its own process. */
@Tag("conformance")
class ThirdPartyPluginTest {
  private static final String MAIN = "com.example.NotesPlugin";

  @TempDir private static Path classes;
  private static PluginProcess plugin;

  @BeforeAll
  static void buildAndStart() throws Exception {
    compile(classes);
    plugin = PluginProcess.start(MAIN, classes, Map.of("NOTES_CONTENT_TYPE", "text/markdown"));
  }

  static void compile(Path classes) throws Exception {
    Path source =
        Path.of(System.getProperty("prism.home"))
            .resolve("examples/third-party-plugin/src/main/java/com/example/NotesPlugin.java");
    var compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of("-cp", PluginProcess.sdkClassPath(), "-d", classes.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertThat(compiled).as(messages.toString()).isTrue();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    plugin.close();
  }

  @Test
  void whatIsPutIsRead() throws Exception {
    PutRequest put =
        PutRequest.newBuilder()
            .setCollection("notes")
            .setKey("k")
            .setValue(ByteString.copyFromUtf8("hello"))
            .build();
    PutResponse written = plugin.call("Put", put, PutResponse.parser());

    GetResponse read =
        plugin.call(
            "Get",
            GetRequest.newBuilder().setCollection("notes").setKey("k").build(),
            GetResponse.parser());

    assertThat(read.getItem().getValue().toStringUtf8()).isEqualTo("hello");
    assertThat(read.getItem().getEtag()).isEqualTo(written.getEtag());
    assertThat(read.getItem().getContentType()).isEqualTo("text/markdown");
  }

  @Test
  void whatItDoesNotDeclareIsRefused() {
    LinkException failure =
        catchThrowableOfType(
            LinkException.class,
            () ->
                plugin.call(
                    "CompareAndSwap",
                    CompareAndSwapRequest.newBuilder().setCollection("notes").setKey("k").build(),
                    GetResponse.parser()));

    assertThat(failure.status().getCode()).isEqualTo(Code.UNIMPLEMENTED_VALUE);
  }

  @Test
  void itSaysWhatItIs() throws Exception {
    byte[] answer =
        plugin
            .link()
            .call(PluginProcess.header(103), InfoRequest.getDefaultInstance().toByteArray());

    InfoResponse info = InfoResponse.parseFrom(answer);
    assertThat(info.getName()).isEqualTo("notes");
    assertThat(info.getBackendType()).isEqualTo("custom");
    assertThat(info.getPid()).isEqualTo(plugin.process.pid());
  }

  @Test
  void itIsReadyAndShowsItsMetrics() throws Exception {
    whatIsPutIsRead();

    byte[] metrics = plugin.link().call(PluginProcess.header(102), new byte[0]);
    byte[] ready = plugin.link().call(PluginProcess.header(101), new byte[0]);

    assertThat(ReadyResponse.parseFrom(ready).getReady()).isTrue();
    assertThat(MetricsResponse.parseFrom(metrics).getText())
        .contains("prism_plugin_operations_total{namespace=\"default\",operation=\"Put\"");
  }
}
