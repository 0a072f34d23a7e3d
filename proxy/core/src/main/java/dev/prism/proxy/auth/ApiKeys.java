package dev.prism.proxy.auth;

import com.google.protobuf.ByteString;
import dev.prism.admin.v1.ApiKey;
import dev.prism.control.v1.ApiKeyRecord;
import dev.prism.proxy.call.Audit;
import dev.prism.proxy.call.Pages;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.config.Names;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * API keys, {@code pk_ID_SECRET}: the first method of authentication (RFC 4.4). The secret has 256
 * random bits and is kept as its SHA-256 only; a slow hash would protect nothing that is not out of
 * reach already, and would make every failed attempt cost as much as its sender likes.
 *
 * <p>What a failed attempt costs is bound: a text that does not look like a key is refused by its
 * form, any other costs one look-up and one hash, and refusals are audited at most {@value
 * #AUDITED_A_SECOND} times a second, with the number of those left out.
 */
public final class ApiKeys implements Authenticator {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,63}");
  private static final Pattern KEY = Pattern.compile("pk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})");
  private static final Pattern HEADER = Pattern.compile("(?i:bearer) +(\\S+)");
  private static final int MAX_HEADER = 512;
  static final int AUDITED_A_SECOND = 10;

  private final ControlStore store;
  private final Set<String> namespaces;
  private final InstantSource clock;
  private final Consumer<String> endOpened;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, ApiKeyRecord> keys = new ConcurrentHashMap<>();
  private final AuditBudget refusals;

  /** A key and its secret text, which is told once and kept nowhere. */
  public record Created(ApiKey key, String text) {
    /** Without the secret. */
    @Override
    public String toString() {
      return "Created[" + key.getId() + "]";
    }
  }

  /**
   * @param namespaces those of the server's configuration
   * @param endOpened ends all that was opened with the key of an id
   */
  public ApiKeys(
      ControlStore store, Set<String> namespaces, InstantSource clock, Consumer<String> endOpened) {
    this.store = store;
    this.namespaces = Set.copyOf(namespaces);
    this.clock = clock;
    this.endOpened = endOpened;
    this.refusals = new AuditBudget(clock, AUDITED_A_SECOND);
  }

  /**
   * Takes up the keys that the control store holds. Called once, before the first call is served.
   */
  public void load() {
    for (var entry : store.list(Kind.API_KEYS, ApiKeyRecord.parser())) {
      keys.put(entry.key(), entry.value());
    }
  }

  @Override
  public Principal authenticate(RequestHeaders headers) {
    String header = headers.authorization();
    if (header == null || header.isBlank()) {
      throw PrismException.of(
          Reason.CREDENTIALS_MISSING,
          "The server needs an API key: send metadata \"authorization: Bearer KEY\" (an administrator"
              + " makes one with \"prism key create\").");
    }
    ApiKeyRecord record = find(header);
    if (record == null) {
      refusals.spend(
          leftOut ->
              Audit.refused("credentials.refused", "", "")
                  .addKeyValue("peer", headers.peer())
                  .addKeyValue("left_out", leftOut)
                  .log("credentials refused"));
      throw PrismException.of(
          Reason.CREDENTIALS_INVALID, "The credentials are not valid, or are so no longer.");
    }
    ApiKey key = record.getApiKey();
    return new Principal(
        "key:" + key.getName(),
        key.getId(),
        Set.copyOf(key.getNamespacesList()),
        key.hasExpiresAt() ? Times.instant(key.getExpiresAt()) : null);
  }

  /** The record of a key that is known, whose secret fits, and that has not ended; else null. */
  private @Nullable ApiKeyRecord find(String header) {
    if (header.length() > MAX_HEADER) {
      return null;
    }
    Matcher value = HEADER.matcher(header);
    Matcher text = KEY.matcher(value.matches() ? value.group(1) : header);
    if (!text.matches()) {
      return null;
    }
    ApiKeyRecord record = keys.get(text.group(1));
    byte[] hash = hash(text.group(2));
    if (record == null || !MessageDigest.isEqual(hash, record.getSecretHash().toByteArray())) {
      return null;
    }
    return isOver(record.getApiKey()) ? null : record;
  }

  /** Whether there is a key of this id that has not ended. */
  public boolean isLive(String id) {
    ApiKeyRecord record = keys.get(id);
    return record != null && !isOver(record.getApiKey());
  }

  private boolean isOver(ApiKey key) {
    return key.hasRevokedAt()
        || (key.hasExpiresAt() && !Times.instant(key.getExpiresAt()).isAfter(clock.instant()));
  }

  /**
   * Makes a key; returns when the control store holds it.
   *
   * @param name for people and logs; 1 to 63 characters of {@code [A-Za-z0-9_.-]}
   * @param allowed the namespaces that it may use, or {@link Principal#ALL} alone
   * @param expiresAt when it ends, or null
   * @throws PrismException FIELD_INVALID, NAMESPACE_NOT_FOUND, or PLUGIN_UNAVAILABLE when the
   *     control store does not answer
   */
  public Created create(String name, List<String> allowed, @Nullable Instant expiresAt) {
    Instant now = clock.instant();
    if (!NAME.matcher(name).matches()) {
      throw invalid("name", "must have 1 to 63 characters of [A-Za-z0-9_.-]");
    }
    if (allowed.isEmpty()) {
      throw invalid("namespaces", "must name at least one namespace, or * for all");
    }
    if (allowed.contains(Principal.ALL) && Set.copyOf(allowed).size() > 1) {
      throw invalid("namespaces", "* stands for all and cannot be joined with others");
    }
    for (String namespace : allowed) {
      if (!namespace.equals(Principal.ALL) && !namespaces.contains(namespace)) {
        throw PrismException.of(
            Reason.NAMESPACE_NOT_FOUND,
            "There is no namespace \""
                + namespace
                + "\""
                + Names.suggest(namespace, namespaces)
                + ".",
            Map.of("namespace", namespace));
      }
    }
    if (expiresAt != null && !expiresAt.isAfter(now)) {
      throw invalid("expires_at", "must be in the future");
    }
    byte[] id = new byte[8];
    random.nextBytes(id);
    byte[] bits = new byte[32];
    random.nextBytes(bits);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    ApiKey.Builder key =
        ApiKey.newBuilder()
            .setId(HexFormat.of().formatHex(id))
            .setName(name)
            .addAllNamespaces(allowed.stream().distinct().sorted().toList())
            .setCreatedAt(Times.timestamp(now));
    if (expiresAt != null) {
      key.setExpiresAt(Times.timestamp(expiresAt));
    }
    ApiKeyRecord record =
        ApiKeyRecord.newBuilder()
            .setApiKey(key)
            .setSecretHash(ByteString.copyFrom(hash(secret)))
            .build();
    store.put(Kind.API_KEYS, key.getId(), record);
    keys.put(key.getId(), record);
    audit("key.created", record.getApiKey());
    return new Created(record.getApiKey(), "pk_" + key.getId() + "_" + secret);
  }

  /** Every key that was made, oldest first, without secrets. */
  public List<ApiKey> list() {
    return keys.values().stream()
        .map(ApiKeyRecord::getApiKey)
        .sorted(
            Comparator.comparing((ApiKey key) -> Times.instant(key.getCreatedAt()))
                .thenComparing(ApiKey::getId))
        .toList();
  }

  /**
   * A page of them, without secrets.
   *
   * @param namespace only keys that may use it; empty: all
   * @param size 0: 100, at most 1000
   * @param token empty: the first page
   */
  public Pages.Page<ApiKey> page(String namespace, int size, String token) {
    List<ApiKey> chosen =
        list().stream()
            .filter(
                key ->
                    namespace.isEmpty()
                        || key.getNamespacesList().contains(Principal.ALL)
                        || key.getNamespacesList().contains(namespace))
            .toList();
    return Pages.page(
        chosen, key -> Pages.order(Times.instant(key.getCreatedAt()), key.getId()), size, token);
  }

  /**
   * Ends a key and all that was opened with it; returns when the control store knows. Twice is as
   * once.
   *
   * @return whether there is such a key
   * @throws PrismException PLUGIN_UNAVAILABLE when the control store does not answer; the key is
   *     refused all the same while this proxy runs, and revoking is to be tried again
   */
  public boolean revoke(String id) {
    ApiKeyRecord revoked =
        keys.computeIfPresent(
            id,
            (key, record) ->
                record.getApiKey().hasRevokedAt()
                    ? record
                    : record.toBuilder()
                        .setApiKey(
                            record.getApiKey().toBuilder()
                                .setRevokedAt(Times.timestamp(clock.instant())))
                        .build());
    if (revoked == null) {
      return false;
    }
    try {
      store.put(Kind.API_KEYS, id, revoked);
    } finally {
      endOpened.accept(id);
    }
    audit("key.revoked", revoked.getApiKey());
    return true;
  }

  private static void audit(String event, ApiKey key) {
    Audit.done(event, "admin", String.join(",", key.getNamespacesList()))
        .addKeyValue("key", key.getId())
        .addKeyValue("name", key.getName())
        .log(event);
  }

  private static PrismException invalid(String field, String description) {
    return PrismException.invalid(
        Reason.FIELD_INVALID,
        "The request is not valid.",
        List.of(new Violation(field, description)));
  }

  private static byte[] hash(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(secret.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
