package dev.prism.proxy.config;

import java.util.Collection;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What names may look like, and which known name a wrong one was probably meant to be. */
public final class Names {
  /**
   * Namespaces, configs and backend instances. The dot of the proxy's own {@code prism.control}
   * cannot appear, so that no client can name it.
   */
  private static final Pattern NAME = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");

  /** What {@link #isValid} asks, for messages. */
  public static final String RULE =
      "1 to 63 characters of [a-z0-9-], beginning with a letter and not ending with -";

  private Names() {}

  /** Whether {@code name} can name a namespace, a config or a backend instance. */
  public static boolean isValid(String name) {
    return NAME.matcher(name).matches();
  }

  /** {@code ; did you mean "x"?} where one of {@code known} is near, else the list of them. */
  public static String suggest(String wrong, Collection<String> known) {
    String nearest = nearest(wrong, known);
    if (nearest != null) {
      return "; did you mean \"" + nearest + "\"?";
    }
    return known.isEmpty() ? "" : "; known: " + String.join(", ", known);
  }

  /**
   * The known name with the smallest edit distance, or null where none is near: at most a third of
   * the longer name's letters may differ, and at least one may.
   */
  public static @Nullable String nearest(String wrong, Collection<String> known) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String name : known) {
      int distance = distance(wrong.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      int bound = Math.max(1, Math.max(wrong.length(), name.length()) / 3);
      if (distance <= bound && distance < least) {
        least = distance;
        best = name;
      }
    }
    return best;
  }

  /** Insertions, deletions, replacements and swaps of neighbours that turn one into the other. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + same);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
