package dev.prism.plugin.nats;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** TLS towards the server, from PEM files. */
final class NatsTls {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private NatsTls() {}

  /** Empty where no file is named: {@code tls://} then trusts what the JDK trusts. */
  static Optional<SSLContext> of(PluginConfig config) {
    Optional<String> ca = config.string("NATS_TLS_CA");
    Optional<String> cert = config.string("NATS_TLS_CERT");
    Optional<String> key = config.string("NATS_TLS_KEY");
    if (cert.isPresent() != key.isPresent()) {
      throw new PluginConfigException(
          cert.isPresent() ? "NATS_TLS_KEY" : "NATS_TLS_CERT",
          "not set, but the other of the two is");
    }
    if (ca.isEmpty() && cert.isEmpty()) {
      return Optional.empty();
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          cert.isPresent() ? keys(cert.get(), key.orElseThrow()) : null,
          ca.isPresent() ? trust(ca.get()) : null,
          null);
      return Optional.of(context);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("TLS cannot be set up", e);
    }
  }

  private static TrustManager[] trust(String file) throws GeneralSecurityException, IOException {
    KeyStore store = empty();
    int number = 0;
    for (Certificate each : certificates("NATS_TLS_CA", file)) {
      store.setCertificateEntry("ca" + number++, each);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] keys(String certFile, String keyFile)
      throws GeneralSecurityException, IOException {
    KeyStore store = empty();
    Certificate[] chain = certificates("NATS_TLS_CERT", certFile).toArray(new Certificate[0]);
    store.setKeyEntry("client", key(keyFile), new char[0], chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(String variable, String file) {
    try {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(read(variable, file)));
      if (!found.isEmpty()) {
        return found;
      }
    } catch (GeneralSecurityException e) {
      // Said below.
    }
    throw new PluginConfigException(variable, file + " holds no certificate in PEM form");
  }

  private static PrivateKey key(String file) {
    Matcher matcher =
        KEY.matcher(new String(read("NATS_TLS_KEY", file), StandardCharsets.US_ASCII));
    PrivateKey key = matcher.find() ? decode(matcher.group(1)) : null;
    if (key == null) {
      throw new PluginConfigException(
          "NATS_TLS_KEY",
          file + " holds no unencrypted private key (BEGIN PRIVATE KEY) of RSA or EC");
    }
    return key;
  }

  private static @Nullable PrivateKey decode(String base64) {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        // It is of another algorithm.
      }
    }
    return null;
  }

  private static byte[] read(String variable, String file) {
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException e) {
      throw new PluginConfigException(
          variable, "cannot read the file " + file + " (" + e.getClass().getSimpleName() + ")");
    }
  }
}
