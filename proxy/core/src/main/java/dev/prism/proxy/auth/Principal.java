package dev.prism.proxy.auth;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is calling, as an authentication method found it.
 *
 * @param identity for logs and lists: {@code key:NAME}, {@code anonymous}
 * @param credential names what it was found by, so that everything opened with it can be ended: an
 *     API key's id; empty for anonymous
 * @param namespaces those it may use; {@link #ALL} alone: every one
 * @param expiresAt when the credential ends, and everything opened with it; null: never
 */
public record Principal(
    String identity, String credential, Set<String> namespaces, @Nullable Instant expiresAt) {
  /** Stands for every namespace. */
  public static final String ALL = "*";

  /** Everyone, where the server asks for no credentials. */
  public static final Principal ANONYMOUS = new Principal("anonymous", "", Set.of(ALL), null);

  public Principal {
    namespaces = Set.copyOf(namespaces);
  }

  /** Whether it may use the namespace. Says nothing of whether there is one of that name. */
  public boolean mayUse(String namespace) {
    return namespaces.contains(ALL) || namespaces.contains(namespace);
  }
}
