package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * An authority of a test's own and the certificates that it issues, made with the JDK's keytool.
 */
public final class Certificates {
  private static final String PASSWORD = "changeit";

  private final Path folder;
  private final Path store;

  /** A certificate with its authority's behind it, and its key in PKCS#8, both in PEM. */
  public record Issued(Path chain, Path key) {}

  /**
   * Makes the authority.
   *
   * @param folder where everything is put; made when it is absent
   */
  public Certificates(Path folder) throws IOException, GeneralSecurityException {
    this.folder = Files.createDirectories(folder);
    this.store = folder.resolve("store.p12");
    Files.deleteIfExists(store);
    keytool("authority", "CN=Test authority", "-ext", "bc:c", "-ext", "ku=keyCertSign");
    write("authority", folder.resolve("authority.pem"));
  }

  /** The authority's own certificate. */
  public Path authority() {
    return folder.resolve("authority.pem");
  }

  /** Trusts this authority alone. */
  public SSLContext trust() throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(authority())) {
      trusted.setCertificateEntry(
          "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** Issues a certificate for localhost and 127.0.0.1; a name that was used gets a new one. */
  public Issued issue(String name) throws IOException, GeneralSecurityException {
    Files.deleteIfExists(folder.resolve(name + ".key"));
    String alias = name + System.nanoTime();
    keytool(alias, "CN=" + name, "-ext", "san=dns:localhost,ip:127.0.0.1", "-signer", "authority");
    Issued issued = new Issued(folder.resolve(name + ".pem"), folder.resolve(name + ".key"));
    write(alias, issued.chain());
    byte[] key = open().getKey(alias, PASSWORD.toCharArray()).getEncoded();
    Files.writeString(issued.key(), pem("PRIVATE KEY", key), US_ASCII);
    return issued;
  }

  private void write(String alias, Path file) throws IOException, GeneralSecurityException {
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : open().getCertificateChain(alias)) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(file, chain, US_ASCII);
  }

  private KeyStore open() throws IOException, GeneralSecurityException {
    return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
  }

  static String pem(String what, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n";
  }

  private void keytool(String alias, String name, String... extra) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", alias, "-dname", name));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
    command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(List.of(extra));
    Process keytool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    try {
      if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        keytool.destroyForcibly();
        throw new IOException(command + ":\n" + Files.readString(folder.resolve("keytool.log")));
      }
    } catch (InterruptedException e) {
      keytool.destroyForcibly();
      throw new IOException("interrupted", e);
    }
  }
}
