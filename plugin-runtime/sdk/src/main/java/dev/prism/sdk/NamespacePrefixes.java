package dev.prism.sdk;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the names of a namespace's collections begin with at a backend that does not keep namespaces
 * apart, as a variable says it: {@code shop=Shop-,billing=Bill-}. No prefix may be the beginning of
 * another, so that a name is of one namespace; an empty one ({@code shop=}) is then the only one.
 */
public final class NamespacePrefixes {
  private static final Pattern ENTRY = Pattern.compile("\\s*([a-z0-9-]{1,63})\\s*=\\s*(.*?)\\s*");

  private NamespacePrefixes() {}

  /**
   * Prefixes by namespace.
   *
   * @param prefix which are good
   * @param rule what is said of one that is not: {@code a prefix has at most 128 characters}
   * @throws PluginConfigException where they are none, or meet
   */
  public static Map<String, String> parse(
      String variable, String text, Pattern prefix, String rule) {
    Map<String, String> prefixes = new LinkedHashMap<>();
    for (String entry : text.split(",", -1)) {
      Matcher matcher = ENTRY.matcher(entry);
      if (!matcher.matches() || !prefix.matcher(matcher.group(2)).matches()) {
        throw new PluginConfigException(
            variable, "must be NAMESPACE=PREFIX, several with commas; " + rule);
      }
      if (prefixes.put(matcher.group(1), matcher.group(2)) != null) {
        throw new PluginConfigException(variable, "names " + matcher.group(1) + " twice");
      }
    }
    List<String> all = List.copyOf(prefixes.values());
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < all.size(); j++) {
        if (i != j && all.get(i).startsWith(all.get(j))) {
          throw new PluginConfigException(
              variable,
              "the prefix '%s' begins with another, '%s': a name would be of two namespaces"
                  .formatted(all.get(i), all.get(j)));
        }
      }
    }
    return prefixes;
  }
}
