package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests to a cluster with IAM authentication carry a signature that the server, which works it
 * out by itself from what it received, finds right.
 */
class NeptuneSecuredTest {
  private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\\d{8})/eu-central-1/neptune-db/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})");

  @TempDir private Path directory;

  /** Lets through what is signed with the secret, as Neptune does. */
  private static void answerWhatIsSigned(HttpExchange exchange, String body) throws IOException {
    boolean right = isSigned(exchange, body, SECRET);
    StubGraph.say(
        exchange,
        right ? 200 : 403,
        right
            ? StubGraph.answer("{\"@type\":\"g:Int32\",\"@value\":1}")
            : "{\"code\":\"AccessDeniedException\",\"detailedMessage\":\"Missing Authentication Token\"}");
  }

  private static boolean isSigned(HttpExchange exchange, String body, String secret) {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    Matcher matcher = AUTHORIZATION.matcher(given == null ? "" : given);
    if (!matcher.matches()) {
      return false;
    }
    List<String> names = List.of(matcher.group(2).split(";", -1));
    if (!names.contains("host") || !names.contains("x-amz-date")) {
      return false;
    }
    StringBuilder canonical = new StringBuilder("POST\n/gremlin\n\n");
    for (String name : names) {
      canonical
          .append(name)
          .append(':')
          .append(exchange.getRequestHeaders().getFirst(name))
          .append('\n');
    }
    canonical.append('\n').append(matcher.group(2)).append('\n').append(hash(body));
    String day = matcher.group(1);
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + exchange.getRequestHeaders().getFirst("X-Amz-Date")
            + "\n"
            + day
            + "/eu-central-1/neptune-db/aws4_request\n"
            + hash(canonical.toString());
    byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : List.of(day, "eu-central-1", "neptune-db", "aws4_request")) {
      key = mac(key, part);
    }
    return HexFormat.of().formatHex(mac(key, toSign)).equals(matcher.group(3));
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] mac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> variables(StubGraph graph) {
    Map<String, String> variables = new HashMap<>();
    variables.put("NEPTUNE_ENDPOINT", graph.url());
    variables.put("NEPTUNE_IAM_AUTH", "true");
    variables.put("AWS_REGION", "eu-central-1");
    variables.put("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    variables.put("AWS_SECRET_ACCESS_KEY", SECRET);
    return variables;
  }

  private static NeptuneReader reader(Map<String, String> variables) {
    return new NeptuneReader(NeptuneSettings.of(PluginConfig.of(variables)));
  }

  @Test
  void requestsAreSigned() {
    try (StubGraph graph = new StubGraph(NeptuneSecuredTest::answerWhatIsSigned);
        NeptuneReader reader = reader(variables(graph))) {
      assertThatCode(reader::ping).doesNotThrowAnyException();
    }
  }

  @Test
  void theTokenOfCredentialsThatEndGoesAlongAndIsSigned() {
    try (StubGraph graph =
        new StubGraph(
            (exchange, body) -> {
              assertThat(exchange.getRequestHeaders().getFirst("Authorization"))
                  .contains("x-amz-security-token");
              assertThat(exchange.getRequestHeaders().getFirst("X-Amz-Security-Token"))
                  .isEqualTo("the token");
              answerWhatIsSigned(exchange, body);
            })) {
      Map<String, String> variables = variables(graph);
      variables.put("AWS_SESSION_TOKEN", "the token");
      try (NeptuneReader reader = reader(variables)) {
        assertThatCode(reader::ping).doesNotThrowAnyException();
      }
    }
  }

  @Test
  void theSecretMayStandInAFile() throws IOException {
    try (StubGraph graph = new StubGraph(NeptuneSecuredTest::answerWhatIsSigned)) {
      Map<String, String> variables = variables(graph);
      variables.remove("AWS_SECRET_ACCESS_KEY");
      variables.put(
          "AWS_SECRET_ACCESS_KEY_FILE",
          Files.writeString(directory.resolve("secret"), SECRET + "\n").toString());
      try (NeptuneReader reader = reader(variables)) {
        assertThatCode(reader::ping).doesNotThrowAnyException();
      }
    }
  }

  @Test
  void anotherSecretIsRefusedInTheGatewaysWords() {
    try (StubGraph graph = new StubGraph(NeptuneSecuredTest::answerWhatIsSigned)) {
      Map<String, String> variables = variables(graph);
      variables.put("AWS_SECRET_ACCESS_KEY", "another");
      try (NeptuneReader reader = reader(variables)) {
        assertThatThrownBy(reader::ping)
            .isInstanceOfSatisfying(
                PrismException.class,
                e -> assertThat(e.reason()).isEqualTo(Reason.BACKEND_UNAVAILABLE))
            .hasMessageNotContaining("Token");
      }
    }
  }

  @Test
  void withoutIamNothingIsSigned() {
    try (StubGraph graph =
        new StubGraph(
            (exchange, _) -> {
              assertThat(exchange.getRequestHeaders().containsKey("Authorization")).isFalse();
              StubGraph.say(exchange, 200, StubGraph.answer(""));
            })) {
      Map<String, String> variables = variables(graph);
      variables.remove("NEPTUNE_IAM_AUTH");
      try (NeptuneReader reader = reader(variables)) {
        assertThatCode(reader::ping).doesNotThrowAnyException();
      }
    }
  }

  @Test
  void missingCredentialsAreSaidByTheirVariable() {
    for (String variable : List.of("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")) {
      Map<String, String> variables = new HashMap<>();
      variables.put("NEPTUNE_ENDPOINT", "https://graph");
      variables.put("NEPTUNE_IAM_AUTH", "true");
      variables.put("AWS_REGION", "eu-central-1");
      variables.put("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
      variables.put("AWS_SECRET_ACCESS_KEY", SECRET);
      variables.remove(variable);

      assertThatThrownBy(() -> NeptuneSettings.of(PluginConfig.of(variables)))
          .isInstanceOf(PluginConfigException.class)
          .hasMessageContaining(variable);
    }
  }
}
