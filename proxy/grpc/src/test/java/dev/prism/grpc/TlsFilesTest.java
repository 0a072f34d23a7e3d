package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of files that are not fit. */
@Tag("conformance")
class TlsFilesTest {
  @TempDir private static Path folder;
  private static Certificates certificates;
  private static Certificates.Issued server;
  private static Certificates.Issued client;

  @BeforeAll
  static void issue() throws IOException, GeneralSecurityException {
    certificates = new Certificates(folder.resolve("ours"));
    server = certificates.issue("server");
    client = certificates.issue("client");
  }

  @Test
  void aKeyThatIsNotTheCertificatesIsToldInOneLine() {
    assertThatThrownBy(() -> new TlsFiles(server.chain(), client.key(), null).read())
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + client.key() + " is not the key of " + server.chain());
  }

  @Test
  void aFileThatIsMissingIsToldInOneLine() {
    Path missing = folder.resolve("missing.pem");

    assertThatThrownBy(() -> new TlsFiles(missing, server.key(), null).read())
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + missing + " cannot be read: there is no such file");
  }

  @Test
  void aFolderInPlaceOfAFileIsToldInOneLine() {
    assertThatThrownBy(() -> new TlsFiles(server.chain(), folder, null).read())
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + folder + " cannot be read: Is a directory");
  }

  @Test
  void aKeyOfAnotherFormIsToldInOneLine() {
    assertThatThrownBy(() -> new TlsFiles(server.chain(), server.chain(), null).read())
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + server.chain() + " holds no unencrypted PKCS#8 key in PEM");
  }

  @Test
  void aKeyThatIsCutShortIsToldInOneLine() throws Exception {
    // Given
    Certificates.Issued cut = certificates.issue("cut");
    Files.writeString(cut.key(), "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n");

    // When
    assertThatThrownBy(() -> new TlsFiles(cut.chain(), cut.key(), null).read())
        // Then
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + cut.key() + " holds no unencrypted PKCS#8 key in PEM");
  }

  @Test
  void aKeyOfAnotherAlgorithmIsToldInOneLine() throws Exception {
    // Given
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    Path key = folder.resolve("rsa.key");
    Files.writeString(
        key, Certificates.pem("PRIVATE KEY", rsa.generateKeyPair().getPrivate().getEncoded()));

    // When
    assertThatThrownBy(() -> new TlsFiles(server.chain(), key, null).read())
        // Then
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + key + " is not the key of " + server.chain());
  }

  @Test
  void authoritiesThatAreNoneAreToldInOneLine() {
    assertThatThrownBy(() -> new TlsFiles(server.chain(), server.key(), client.key()).read())
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + client.key() + " holds no certificate in PEM");
  }
}
