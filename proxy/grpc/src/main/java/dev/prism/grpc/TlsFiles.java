package dev.prism.grpc;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.pki.PemKeys;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.common.tls.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a socket presents and trusts, in PEM. The files are read when the socket opens and again by
 * {@link GrpcHost#reloadTls}.
 *
 * @param certificateChain the server's own certificate first
 * @param privateKey PKCS#8, not encrypted
 * @param clientAuthorities certificates of the authorities whose clients are let in; a client
 *     without a certificate of theirs is refused. Null asks no client for one.
 */
public record TlsFiles(Path certificateChain, Path privateKey, @Nullable Path clientAuthorities) {
  private static final String NO_CERTIFICATE = "no certificate in PEM";

  /**
   * What the files hold now.
   *
   * @throws IOException when a file cannot be read or does not hold what it should, in one line for
   *     a person that names the file
   */
  Tls read() throws IOException {
    Identity own = identity(certificateChain, privateKey);
    TlsConfig.Builder tls =
        TlsConfig.builder()
            .privateKey(own.key())
            .privateKeyCertChain(own.chain())
            .enabledProtocols(List.of("TLSv1.3", "TLSv1.2"));
    if (clientAuthorities != null) {
      tls.clientAuth(TlsClientAuth.REQUIRED).trust(authorities(clientAuthorities));
    }
    return tls.build();
  }

  /** Who somebody is: a certificate chain, the own one first, and its key. */
  public record Identity(List<X509Certificate> chain, PrivateKey key) {}

  /**
   * A server's or a client's own certificate chain and its unencrypted PKCS#8 key, in PEM.
   *
   * @throws IOException when a file cannot be read, does not hold what it should, or the key is
   *     another certificate's; in one line for a person that names the file
   */
  public static Identity identity(Path certificateChain, Path privateKey) throws IOException {
    List<X509Certificate> chain =
        read(certificateChain, PemKeys.BuilderBase::certChain, NO_CERTIFICATE).certChain();
    PrivateKey key =
        read(privateKey, PemKeys.BuilderBase::key, "no unencrypted PKCS#8 key in PEM")
            .privateKey()
            .orElseThrow();
    if (chain.isEmpty()) {
      throw new IOException("TLS: " + certificateChain + " holds " + NO_CERTIFICATE);
    }
    if (!fit(chain.getFirst().getPublicKey(), key)) {
      throw new IOException("TLS: " + privateKey + " is not the key of " + certificateChain);
    }
    return new Identity(chain, key);
  }

  /**
   * The certificates of the authorities that a PEM file names.
   *
   * @throws IOException when it cannot be read or holds none; in one line that names the file
   */
  public static List<X509Certificate> authorities(Path file) throws IOException {
    return read(file, PemKeys.BuilderBase::certificates, NO_CERTIFICATE).certs();
  }

  /** Says which part of a PEM file is read. */
  private interface Part {
    void of(PemKeys.Builder pem, Resource file);
  }

  private static Keys read(Path file, Part part, String otherwise) throws IOException {
    byte[] content;
    try {
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException("TLS: " + file + " cannot be read: there is no such file", e);
    } catch (IOException e) {
      throw new IOException("TLS: " + file + " cannot be read: " + e.getMessage(), e);
    }
    try {
      return Keys.builder()
          .pem(pem -> part.of(pem, Resource.create(file.toString(), content)))
          .build();
    } catch (RuntimeException e) {
      throw new IOException("TLS: " + file + " holds " + otherwise, e);
    }
  }

  /** Whether what the one key signs is verified by the other. */
  private static boolean fit(PublicKey verifying, PrivateKey signing) {
    String algorithm =
        switch (verifying.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case String other -> other;
        };
    byte[] text = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(signing);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(verifying);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // a key of another algorithm
    }
  }
}
