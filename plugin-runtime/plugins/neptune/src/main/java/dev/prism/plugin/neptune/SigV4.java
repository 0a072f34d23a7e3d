package dev.prism.plugin.neptune;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests with AWS's Signature Version 4 ("AWS API request signing" in the IAM user guide).
 * Immutable.
 */
final class SigV4 {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final String accessKey;
  private final String secretKey;
  private final @Nullable String sessionToken;
  private final String region;
  private final String service;

  /**
   * @param sessionToken of credentials that end; null for others
   */
  SigV4(
      String accessKey,
      String secretKey,
      @Nullable String sessionToken,
      String region,
      String service) {
    this.accessKey = accessKey;
    this.secretKey = secretKey;
    this.sessionToken = sessionToken;
    this.region = region;
    this.service = service;
  }

  /**
   * The headers that a request has to have besides, {@code Authorization} among them.
   *
   * @param uri absolute, its path and query encoded as they are sent
   * @param headers those that are signed, besides {@code host} and what this adds
   */
  Map<String, String> sign(
      String method, URI uri, Map<String, List<String>> headers, byte[] body, Instant now) {
    String time = TIME.format(now);
    Map<String, String> added = new TreeMap<>();
    added.put("X-Amz-Date", time);
    if (sessionToken != null) {
      added.put("X-Amz-Security-Token", sessionToken);
    }
    SortedMap<String, String> signed = new TreeMap<>();
    signed.put("host", host(uri));
    headers.forEach((name, values) -> signed.put(lower(name), joined(values)));
    added.forEach((name, value) -> signed.put(lower(name), value));
    String names = String.join(";", signed.keySet());
    String canonical =
        method
            + "\n"
            + path(uri)
            + "\n"
            + query(uri)
            + "\n"
            + signed.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue() + "\n")
                .collect(Collectors.joining())
            + "\n"
            + names
            + "\n"
            + hash(body);
    String scope = time.substring(0, 8) + "/" + region + "/" + service + "/aws4_request";
    String toSign = ALGORITHM + "\n" + time + "\n" + scope + "\n" + hash(bytes(canonical));
    added.put(
        "Authorization",
        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(
                ALGORITHM,
                accessKey,
                scope,
                names,
                HexFormat.of().formatHex(mac(key(time.substring(0, 8)), toSign))));
    return added;
  }

  private byte[] key(String day) {
    byte[] key = bytes("AWS4" + secretKey);
    for (String part : List.of(day, region, service, "aws4_request")) {
      key = mac(key, part);
    }
    return key;
  }

  /** As the HTTP client sends it: without the port that the scheme has anyway. */
  private static String host(URI uri) {
    int usual = "https".equals(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 || uri.getPort() == usual
        ? uri.getHost()
        : uri.getHost() + ":" + uri.getPort();
  }

  private static String path(URI uri) {
    String path = uri.normalize().getRawPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  /** In the order of the names, and of the values of one name. */
  private static String query(URI uri) {
    if (uri.getRawQuery() == null) {
      return "";
    }
    List<String> parameters = new ArrayList<>();
    for (String parameter : uri.getRawQuery().split("&", -1)) {
      parameters.add(parameter.contains("=") ? parameter : parameter + "=");
    }
    parameters.sort(null);
    return String.join("&", parameters);
  }

  private static String joined(List<String> values) {
    return values.stream()
        .map(value -> value.strip().replaceAll(" +", " "))
        .collect(Collectors.joining(","));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] mac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}
