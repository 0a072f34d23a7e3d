package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signatures are those of AWS's published test suite for Signature Version 4. */
class SigV4Test {
  private static final Instant TIME = Instant.parse("2015-08-30T12:36:00Z");
  private static final String ACCESS_KEY = "AKIDEXAMPLE";
  private static final String SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  private static final String TOKEN =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

  private static String signed(
      String method, String target, Map<String, List<String>> headers, String body, String token) {
    return new SigV4(ACCESS_KEY, SECRET_KEY, token, "us-east-1", "service")
        .sign(
            method,
            URI.create("https://example.amazonaws.com" + target),
            headers,
            body.getBytes(StandardCharsets.UTF_8),
            TIME)
        .get("Authorization");
  }

  private static String authorization(String names, String signature) {
    return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        + "SignedHeaders=%s, Signature=%s".formatted(names, signature);
  }

  /** Headers as the suite writes them: {@code NAME:VALUE}, with bars between them. */
  private static Map<String, List<String>> headers(String text) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (String line : text.isEmpty() ? new String[0] : text.split("\\|", -1)) {
      int colon = line.indexOf(':');
      headers
          .computeIfAbsent(line.substring(0, colon), _ -> new ArrayList<>())
          .add(line.substring(colon + 1));
    }
    return headers;
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      quoteCharacter = '^',
      nullValues = "-",
      value = {
        "get-vanilla, GET, /, ^^, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "get-vanilla-query, GET, /, ^^, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "get-vanilla-empty-query-key, GET, /?Param1=value1, ^^, a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        "get-vanilla-query-order-key, GET, /?Param1=value2&Param1=Value1, ^^, eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        "get-vanilla-query-order-key-case, GET, /?Param2=value2&Param1=value1, ^^, b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "get-vanilla-query-order-value, GET, /?Param1=value2&Param1=value1, ^^, 5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        "get-vanilla-query-unreserved, GET, /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ^^, 9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        "get-vanilla-utf8-query, GET, /?%E1%88%B4=bar, ^^, 2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        "get-unreserved, GET, /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ^^, 07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        "get-utf8, GET, /%E1%88%B4, ^^, 8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        "get-relative, GET, /example/.., ^^, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "get-slash-dot-slash, GET, /./, ^^, 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "get-slash-pointless-dot, GET, /./example, ^^, ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        "get-space, GET, /example%20space/, ^^, 652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        "get-header-key-duplicate, GET, /, My-Header1:value2|My-Header1:value2|My-Header1:value1, c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        "get-header-value-order, GET, /, My-Header1:value4|My-Header1:value1|My-Header1:value3|My-Header1:value2, 08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        "get-header-value-trim, GET, /, ^My-Header1: value1|My-Header2: \"a   b   c\"^, acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        "post-vanilla, POST, /, ^^, 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        "post-vanilla-query, POST, /?Param1=value1, ^^, 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        "post-header-key-sort, POST, /, My-Header1:value1, c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        "post-header-value-case, POST, /, My-Header1:VALUE1, cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
      })
  void itIsThePublishedOne(
      String name, String method, String target, String given, String signature) {
    Map<String, List<String>> headers = headers(given);
    List<String> names = new ArrayList<>(List.of("host", "x-amz-date"));
    headers.keySet().forEach(header -> names.add(1, header.toLowerCase(java.util.Locale.ROOT)));
    names.sort(null);

    assertThat(signed(method, target, headers, "", null))
        .isEqualTo(authorization(String.join(";", names), signature));
  }

  @Test
  void aBodyIsSignedToo() {
    assertThat(
            signed(
                "POST",
                "/",
                Map.of("Content-Type", List.of("application/x-www-form-urlencoded")),
                "Param1=value1",
                null))
        .isEqualTo(
            authorization(
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
  }

  @Test
  void theTokenOfCredentialsThatEndIsSignedToo() {
    assertThat(signed("POST", "/", Map.of(), "", TOKEN))
        .isEqualTo(
            authorization(
                "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
  }
}
