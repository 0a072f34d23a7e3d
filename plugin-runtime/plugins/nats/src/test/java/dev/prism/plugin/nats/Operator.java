package dev.prism.plugin.nats;

import io.nats.client.NKey;
import io.nats.client.support.JsonSerializable;
import io.nats.client.support.JwtUtils;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;

/** An operator of NATS servers, as {@code nsc} makes one, with one account and its users. */
final class Operator {
  private static final String ACCOUNT =
      """
      {"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,\
      "conn":-1,"leaf":-1,"mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1},\
      "default_permissions":{"pub":{},"sub":{}},"type":"account","version":2}""";

  private static final String SYSTEM =
      """
      {"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,\
      "conn":-1,"leaf":-1},"default_permissions":{"pub":{},"sub":{}},"type":"account","version":2}""";

  private final NKey operator;
  private final NKey account;
  private final NKey system;

  Operator() throws GeneralSecurityException, IOException {
    operator = NKey.createOperator(null);
    account = NKey.createAccount(null);
    system = NKey.createAccount(null);
  }

  /** What the server's configuration says. */
  String configuration() throws GeneralSecurityException, IOException {
    return """
        operator: %s
        system_account: %s
        resolver: MEMORY
        resolver_preload: { %s: %s, %s: %s }
        """
        .formatted(
            claim(operator, operator, "{\"type\":\"operator\",\"version\":2}"),
            key(system),
            key(account),
            claim(operator, account, ACCOUNT),
            key(system),
            claim(operator, system, SYSTEM));
  }

  /** The text of a {@code .creds} file of a new user. */
  String credentials() throws GeneralSecurityException, IOException {
    NKey user = NKey.createUser(null);
    String token = JwtUtils.issueUserJWT(account, key(account), key(user));
    return JwtUtils.NATS_USER_JWT_FORMAT.formatted(token, new String(user.getSeed()));
  }

  private static String claim(NKey issuer, NKey of, String json)
      throws GeneralSecurityException, IOException {
    JsonSerializable claims = () -> json;
    Duration forEver = null;
    return JwtUtils.issueJWT(
        issuer, key(of), "test", forEver, JwtUtils.currentTimeSeconds(), key(issuer), claims);
  }

  private static String key(NKey key) throws GeneralSecurityException, IOException {
    return new String(key.getPublicKey());
  }
}
