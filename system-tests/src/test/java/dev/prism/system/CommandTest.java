package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.Certificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The shipped command as people and scripts use it. */
@Tag("system")
class CommandTest {
  @Test
  void theLauncherWorksThroughASymbolicLinkFromAnyDirectory() throws Exception {
    Path folder = Prism.newDirectory("link");
    Path link = Files.createSymbolicLink(folder.resolve("p"), Prism.HOME.resolve("prism"));

    Process process =
        new ProcessBuilder(link.toString(), "version").directory(new java.io.File("/")).start();

    assertThat(new String(process.getInputStream().readAllBytes())).startsWith("prism ");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void whereNothingListensItSaysHowToStartPrism() throws Exception {
    Prism.Ended ended = Prism.run("kv", "get", "a", "--endpoint", "127.0.0.1:1");
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("./prism up").doesNotContain("\tat ").hasLineCount(1);
  }

  @Test
  void aMisspeltCommandExitsWithTwo() throws Exception {
    Prism.Ended ended = Prism.run("kv", "gte", "a");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("--help");
  }

  @Test
  void valuesOfAnyBytesComeBackUnchangedAndAbsentKeysExitWithOne() throws Exception {
    // Given
    Path folder = Prism.newDirectory("bytes");
    byte[] bytes = new byte[300_000];
    new Random(5).nextBytes(bytes);
    Path given = Files.write(folder.resolve("given"), bytes);
    Path read = folder.resolve("read");
    try (Prism prism = Prism.up(Prism.newDirectory("command"))) {
      // When
      Prism.Ended put = client(prism, "kv", "put", "grün/1", "--file", given.toString());
      Process get =
          new ProcessBuilder(
                  Prism.HOME.resolve("prism").toString(),
                  "kv",
                  "get",
                  "grün/1",
                  "--endpoint",
                  prism.endpoint())
              .redirectOutput(read.toFile())
              .start();
      assertThat(get.waitFor(60, TimeUnit.SECONDS)).isTrue();

      // Then
      assertThat(put.status()).as(put.err()).isZero();
      assertThat(get.exitValue()).isZero();
      assertThat(Files.readAllBytes(read)).isEqualTo(bytes);
      Prism.Ended absent = client(prism, "kv", "get", "not there");
      assertThat(absent.status()).isEqualTo(1);
      assertThat(absent.err()).contains("there is no key 'not there'");
    }
  }

  @Test
  void everyAdministrativeCommandAnswers() throws Exception {
    try (Prism prism = Prism.up(Prism.newDirectory("administration"))) {
      Prism.Ended key = client(prism, "key", "create", "--namespace", "default", "--name", "ci");
      assertThat(key.status()).as(key.err()).isZero();
      assertThat(key.out()).hasLineCount(1);
      Prism.Ended keys = client(prism, "key", "list");
      assertThat(keys.out()).contains("ci").contains("valid").doesNotContain(key.out().strip());
      assertThat(client(prism, "namespaces").out()).contains("default");
      assertThat(client(prism, "config", "list").out()).contains("sqlite").contains("memory");
      assertThat(client(prism, "sessions", "list").status()).isZero();
      assertThat(client(prism, "stats").out()).contains("AdminService/CreateApiKey");
      assertThat(client(prism, "plugins", "--json").out()).contains("PLUGIN_STATE_READY");
    }
  }

  @Test
  void aServerThatSpeaksTlsAndAsksForCertificatesIsSpokenToSo() throws Exception {
    // Given
    Path folder = Prism.newDirectory("tls");
    Certificates certificates = new Certificates(folder.resolve("certificates"));
    Certificates.Issued server = certificates.issue("server");
    Certificates.Issued me = certificates.issue("me");
    String authority = certificates.authority().toString();
    Path configuration =
        Files.writeString(
            folder.resolve("prism.yaml"),
            """
            grpc:
              tls:
                certificate: %s
                key: %s
                client_authorities: %s
            """
                .formatted(server.chain(), server.key(), authority));
    try (Prism prism = Prism.up(folder.resolve("data"), "--config", configuration.toString())) {
      String[] mine = {
        "--ca", authority, "--cert", me.chain().toString(), "--cert-key", me.key().toString()
      };

      // When
      Prism.Ended put = client(prism, with(mine, "kv", "put", "a", "b"));
      Prism.Ended plain = client(prism, "kv", "get", "a");
      Prism.Ended untrusting = client(prism, "kv", "get", "a", "--tls");
      Prism.Ended nobody = client(prism, "kv", "get", "a", "--ca", authority);
      Prism.Ended half = client(prism, "kv", "get", "a", "--cert", me.chain().toString());
      Prism.Ended noAuthority = client(prism, "kv", "get", "a", "--ca", me.key().toString());
      Prism.Ended anothersKey =
          client(
              prism,
              with(
                  new String[] {"--cert", me.chain().toString()},
                  "kv",
                  "get",
                  "a",
                  "--cert-key",
                  server.key().toString()));
      Prism.Ended nowhere = Prism.run("kv", "get", "a", "--endpoint", "nosuch.invalid:1");

      // Then
      assertThat(put.status()).as(put.err()).isZero();
      assertThat(client(prism, with(mine, "kv", "get", "a")).out()).isEqualTo("b");
      assertThat(plain.err()).contains("does it speak TLS?").hasLineCount(1);
      assertThat(untrusting.err()).contains("TLS with").contains("--ca").hasLineCount(1);
      assertThat(nobody.status()).isEqualTo(1);
      assertThat(nobody.err()).contains("--cert").hasLineCount(1);
      assertThat(half.err()).contains("--cert-key").hasLineCount(1);
      assertThat(noAuthority.err()).contains("holds no certificate").hasLineCount(1);
      assertThat(anothersKey.err()).contains("is not the key of").hasLineCount(1);
      assertThat(nowhere.err()).contains("nothing answers at nosuch.invalid:1").hasLineCount(1);
    }
  }

  private static String[] with(String[] options, String... words) {
    return Stream.of(words, options).flatMap(Stream::of).toArray(String[]::new);
  }

  private static Prism.Ended client(Prism prism, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(List.of("--endpoint", prism.endpoint()));
    command.addAll(List.of("--admin-endpoint", prism.adminEndpoint()));
    return Prism.run(command.toArray(String[]::new));
  }
}
