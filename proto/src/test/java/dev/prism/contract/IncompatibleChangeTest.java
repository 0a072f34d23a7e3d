package dev.prism.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the check of the build, the same program with the same rules, on contracts that changed. */
class IncompatibleChangeTest {
  private static final Path BUF = Path.of("target", "buf", "buf");

  @TempDir Path folder;

  @BeforeEach
  void bufIsMadeForThisPlatform() {
    assumeTrue(Files.isExecutable(BUF), "there is no buf for this platform");
  }

  @Test
  void whatIsReleasedIsCompatibleWithItself() throws Exception {
    Path same = change(message -> {});

    Result result = breaking(same);

    assertThat(result).isEqualTo(new Result(0, ""));
  }

  @Test
  void aNewFieldIsCompatible() throws Exception {
    Path grown =
        change(
            message ->
                message.addField(
                    FieldDescriptorProto.newBuilder()
                        .setName("fresh")
                        .setJsonName("fresh")
                        .setNumber(99)
                        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                        .setType(FieldDescriptorProto.Type.TYPE_STRING)));

    Result result = breaking(grown);

    assertThat(result).isEqualTo(new Result(0, ""));
  }

  @Test
  void aFieldThatIsGoneFailsTheCheck() throws Exception {
    Path shrunk = change(message -> message.removeField(0));

    Result result = breaking(shrunk);

    assertThat(result.exit()).isNotZero();
    assertThat(result.output()).contains("GetRequest").contains("collection").contains("deleted");
  }

  @Test
  void aFieldOfAnotherTypeFailsTheCheck() throws Exception {
    Path changed =
        change(message -> message.getFieldBuilder(1).setType(FieldDescriptorProto.Type.TYPE_BYTES));

    Result result = breaking(changed);

    assertThat(result.exit()).isNotZero();
    assertThat(result.output()).contains("GetRequest").contains("changed type");
  }

  @Test
  void aFieldWithAnotherNumberFailsTheCheck() throws Exception {
    Path changed = change(message -> message.getFieldBuilder(1).setNumber(42));

    Result result = breaking(changed);

    assertThat(result.exit()).isNotZero();
    assertThat(result.output()).contains("GetRequest").contains("deleted");
  }

  /** The released set with another prism.keyvalue.v1.GetRequest. */
  private Path change(Consumer<DescriptorProto.Builder> change) throws IOException {
    FileDescriptorSet.Builder set = Contract.read(Contract.RELEASED).toBuilder();
    for (FileDescriptorProto.Builder file : set.getFileBuilderList()) {
      if (file.getPackage().equals("prism.keyvalue.v1")) {
        file.getMessageTypeBuilderList().stream()
            .filter(message -> message.getName().equals("GetRequest"))
            .forEach(change);
      }
    }
    return Files.write(folder.resolve("changed.binpb"), set.build().toByteArray());
  }

  private record Result(int exit, String output) {}

  private Result breaking(Path changed) throws IOException, InterruptedException {
    ProcessBuilder buf =
        new ProcessBuilder(
                BUF.toString(),
                "breaking",
                changed.toString(),
                "--against",
                Contract.RELEASED.toString(),
                "--config",
                "buf.yaml")
            .redirectErrorStream(true);
    buf.environment().put("BUF_CACHE_DIR", folder.toString());
    Process process = buf.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
