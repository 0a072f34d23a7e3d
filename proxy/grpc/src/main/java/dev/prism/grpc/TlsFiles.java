package dev.prism.grpc;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.common.tls.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  /**
   * What the files hold now.
   *
   * @throws IOException when a file cannot be read or does not hold what it should, in one line for
   *     a person
   */
  Tls read() throws IOException {
    byte[] chain = Files.readAllBytes(certificateChain);
    byte[] key = Files.readAllBytes(privateKey);
    try {
      Keys keys =
          Keys.builder()
              .pem(
                  pem ->
                      pem.key(Resource.create("private key", key))
                          .certChain(Resource.create("certificate chain", chain)))
              .build();
      TlsConfig.Builder tls =
          TlsConfig.builder()
              .privateKey(keys)
              .privateKeyCertChain(keys)
              .enabledProtocols(List.of("TLSv1.3", "TLSv1.2"));
      if (clientAuthorities != null) {
        byte[] authorities = Files.readAllBytes(clientAuthorities);
        tls.clientAuth(TlsClientAuth.REQUIRED)
            .trust(
                Keys.builder()
                    .pem(
                        pem -> pem.certificates(Resource.create("client authorities", authorities)))
                    .build());
      }
      return tls.build();
    } catch (RuntimeException e) {
      throw new IOException(
          "TLS: "
              + certificateChain
              + " and "
              + privateKey
              + " are not a certificate chain and its PKCS#8 key: "
              + e.getMessage(),
          e);
    }
  }
}
