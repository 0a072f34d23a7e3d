package dev.prism.plugin.sqlite;

import java.math.BigDecimal;
import org.sqlite.Collation;

/**
 * Decimals that are kept as text, by what they are worth; text that is none comes after, as it is.
 */
final class DecimalCollation extends Collation {
  @Override
  protected int xCompare(String one, String other) {
    BigDecimal left = number(one);
    BigDecimal right = number(other);
    if (left != null && right != null) {
      return left.compareTo(right);
    }
    return left == null && right == null ? one.compareTo(other) : left == null ? 1 : -1;
  }

  private static @org.jspecify.annotations.Nullable BigDecimal number(String text) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
