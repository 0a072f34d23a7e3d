package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.PutRequest;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code ./prism up} on what it cannot serve: one clear message, no data touched, no process left.
 */
@Tag("system")
class BadStartTest {
  @Test
  void anUnknownConfigurationKeyIsNamedWithItsLineAndTheNearestKnownOne() throws Exception {
    Path file = Prism.newDirectory("bad-config").resolve("prism.yaml");
    Files.writeString(file, "server:\n  prot: 9000\n");
    Prism.Ended ended = up(Prism.newDirectory("bad-config-data"), "--config", file.toString());
    assertThat(ended.status()).isNotZero();
    assertThat(ended.err()).contains("prism.yaml:2").contains("prot").contains("port");
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Prism.Ended ended =
          up(Prism.newDirectory("port-in-use"), "--port", Integer.toString(taken.getLocalPort()));
      assertThat(ended.status()).isNotZero();
      assertThat(ended.err()).contains(Integer.toString(taken.getLocalPort())).contains("in use");
    }
  }

  @Test
  void listeningElsewhereWithoutAuthenticationIsRefused() throws Exception {
    Prism.Ended ended = up(Prism.newDirectory("listen"), "--listen", "0.0.0.0");
    assertThat(ended.status()).isNotZero();
    assertThat(ended.err()).contains("--insecure");
  }

  @Test
  void aDataDirectoryThatIsNoDirectoryIsRefused() throws Exception {
    Path file = Files.writeString(Prism.newDirectory("no-directory").resolve("file"), "");
    Prism.Ended ended = up(file.resolve("data"));
    assertThat(ended.status()).isNotZero();
    assertThat(ended.err()).contains(file.toString());
  }

  @Test
  void aDatabaseFromANewerVersionIsRefusedAndLeftAlone() throws Exception {
    Path data = withOneValue("newer");
    Path database = database(data);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 9999");
    }
    byte[] before = Files.readAllBytes(database);
    Prism.Ended ended = up(data);
    assertThat(ended.status()).isNotZero();
    assertThat(ended.err()).contains("newer");
    assertThat(Files.readAllBytes(database)).isEqualTo(before);
  }

  @Test
  void aCorruptDatabaseIsRefusedAndLeftAlone() throws Exception {
    Path data = withOneValue("corrupt");
    Path database = database(data);
    Path good = Files.copy(database, data.resolve("good"), StandardCopyOption.REPLACE_EXISTING);
    byte[] bytes = Files.readAllBytes(database);
    java.util.Arrays.fill(bytes, 0, 512, (byte) 0x5a);
    Files.write(database, bytes);
    Prism.Ended ended = up(data);
    assertThat(ended.status()).isNotZero();
    assertThat(ended.err()).containsIgnoringCase("corrupt").contains(database.toString());
    assertThat(Files.readAllBytes(database)).isEqualTo(bytes);

    // What was there is there again with the good file
    Files.copy(good, database, StandardCopyOption.REPLACE_EXISTING);
    try (Prism prism = Prism.up(data)) {
      assertThat(value(prism)).isEqualTo("value");
    }
  }

  @Test
  void aSecondProxyOnTheSameDataIsRefusedAndTheFirstServesOn() throws Exception {
    Path data = withOneValue("second");
    try (Prism first = Prism.up(data)) {
      Prism.Ended ended = up(data);
      assertThat(ended.status()).isNotZero();
      assertThat(ended.err()).contains(data.toString());
      assertThat(value(first)).isEqualTo("value");
    }
  }

  /** A data directory whose database holds a value. */
  private static Path withOneValue(String name) throws Exception {
    Path data = Prism.newDirectory(name);
    try (Prism prism = Prism.up(data)) {
      prism
          .keyValue("default")
          .put(
              PutRequest.newBuilder()
                  .setCollection("start")
                  .setKey("a")
                  .setValue(ByteString.copyFromUtf8("value"))
                  .build());
      assertThat(prism.terminate()).isZero();
    }
    return data;
  }

  private static String value(Prism prism) {
    return prism
        .keyValue("default")
        .get(GetRequest.newBuilder().setCollection("start").setKey("a").build())
        .getItem()
        .getValue()
        .toStringUtf8();
  }

  private static Path database(Path data) throws Exception {
    try (Stream<Path> files = Files.walk(data)) {
      return files.filter(file -> file.toString().endsWith(".db")).findFirst().orElseThrow();
    }
  }

  private static Prism.Ended up(Path data, String... arguments) throws Exception {
    List<String> given = List.of(arguments);
    java.util.ArrayList<String> command =
        new java.util.ArrayList<>(List.of("up", "--data", data.toString(), "--admin-port", "0"));
    if (!given.contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    command.addAll(given);
    return Prism.run(command.toArray(String[]::new));
  }
}
