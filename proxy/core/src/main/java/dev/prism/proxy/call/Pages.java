package dev.prism.proxy.call;

import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * Cuts a list into pages. A token holds the key of the last entry that was answered, so that
 * entries which come or go between two calls shift nothing.
 */
public final class Pages {
  private static final int DEFAULT_SIZE = 100;
  private static final int MAX_SIZE = 1000;

  private Pages() {}

  /**
   * A page.
   *
   * @param next the token of the next one; empty: there is none
   */
  public record Page<T>(List<T> entries, String next) {}

  /**
   * The page of {@code all} that a request asks for.
   *
   * @param all in the order of {@code key}
   * @param key different for each entry
   * @param size as asked for; 0: 100
   * @param token as asked for; empty: the first page
   * @throws PrismException FIELD_INVALID where the size is over 1000 or the token none of ours
   */
  public static <T> Page<T> page(List<T> all, Function<T, String> key, int size, String token) {
    if (Integer.compareUnsigned(size, MAX_SIZE) > 0) {
      throw invalid("page_size", "must be at most " + MAX_SIZE);
    }
    int most = size == 0 ? DEFAULT_SIZE : size;
    String after = token.isEmpty() ? "" : decode(token);
    List<T> rest =
        token.isEmpty()
            ? all
            : all.stream().filter(entry -> key.apply(entry).compareTo(after) > 0).toList();
    if (rest.size() <= most) {
      return new Page<>(rest, "");
    }
    List<T> entries = rest.subList(0, most);
    return new Page<>(entries, encode(key.apply(entries.getLast())));
  }

  /** A key that sorts by time, then by id; for times since 1970. */
  public static String order(Instant time, String id) {
    return String.format("%012d.%09d/%s", time.getEpochSecond(), time.getNano(), id);
  }

  private static String encode(String key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw invalid("page_token", "must be the next_page_token of the call before");
    }
  }

  private static PrismException invalid(String field, String description) {
    return PrismException.invalid(
        Reason.FIELD_INVALID,
        "The request is not valid.",
        List.of(new Violation(field, description)));
  }
}
