package dev.prism.cli;

import dev.prism.cli.FilterTokens.Kind;
import dev.prism.cli.FilterTokens.Token;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads filters, orders and lists of columns as people write them; docs/cli.md has the language.
 *
 * <pre>
 * filter     = both { "or" both }
 * both       = one { "and" one }
 * one        = "not" one | "(" filter ")" | column test
 * test       = ( "=" | "!=" | "&lt;&gt;" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" ) value
 *            | "contains" value | "starts" "with" value | "ends" "with" value
 *            | [ "not" ] "in" "(" value { "," value } ")" | "is" [ "not" ] "null"
 * order      = column [ "asc" | "desc" ] { "," column [ "asc" | "desc" ] }
 * </pre>
 */
final class FilterParser {
  /** As deep as the contract lets filters be. */
  private static final int MOST_DEPTH = 32;

  private static final Map<String, Operator> SIGNS =
      Map.of(
          "=", Operator.OPERATOR_EQUAL,
          "!=", Operator.OPERATOR_NOT_EQUAL,
          "<>", Operator.OPERATOR_NOT_EQUAL,
          "<", Operator.OPERATOR_LESS,
          "<=", Operator.OPERATOR_LESS_OR_EQUAL,
          ">", Operator.OPERATOR_GREATER,
          ">=", Operator.OPERATOR_GREATER_OR_EQUAL);

  /** Words that are no column, unless they stand between double quotes. */
  private static final Set<String> RESERVED = Set.of("and", "or", "not");

  private final String text;
  private final List<Token> tokens;
  private int next;
  private int depth;

  private FilterParser(String text) {
    this.text = text;
    this.tokens = FilterTokens.of(text);
  }

  /**
   * The filter that is written.
   *
   * @throws UserError where it is none, with the place
   */
  static Filter filter(String text) {
    FilterParser parser = new FilterParser(text);
    return parser.whole(parser::filter);
  }

  /** The order that is written; as {@link #filter(String)}. */
  static List<Sort> order(String text) {
    FilterParser parser = new FilterParser(text);
    return parser.whole(() -> parser.listOf(parser::sort));
  }

  /** The columns that are written; as {@link #filter(String)}. */
  static List<String> columns(String text) {
    FilterParser parser = new FilterParser(text);
    return parser.whole(() -> parser.listOf(parser::column));
  }

  private <T> T whole(Supplier<T> part) {
    T parsed = part.get();
    if (peek().kind() != Kind.END) {
      throw unexpected("nothing more is expected here");
    }
    return parsed;
  }

  private <T> List<T> listOf(Supplier<T> part) {
    List<T> list = new ArrayList<>();
    do {
      list.add(part.get());
    } while (takeSign(","));
    return list;
  }

  private Sort sort() {
    Sort.Builder sort = Sort.newBuilder().setColumn(column());
    if (take("desc")) {
      sort.setDescending(true);
    } else {
      take("asc");
    }
    return sort.build();
  }

  private Filter filter() {
    FilterList.Builder either = FilterList.newBuilder();
    do {
      either.addFilters(both());
    } while (take("or"));
    return either.getFiltersCount() == 1
        ? either.getFilters(0)
        : Filter.newBuilder().setAnyOf(either).build();
  }

  private Filter both() {
    FilterList.Builder all = FilterList.newBuilder();
    do {
      all.addFilters(one());
    } while (take("and"));
    return all.getFiltersCount() == 1
        ? all.getFilters(0)
        : Filter.newBuilder().setAllOf(all).build();
  }

  private Filter one() {
    if (++depth > MOST_DEPTH) {
      throw unexpected("a filter may be nested " + MOST_DEPTH + " deep at most");
    }
    try {
      if (take("not")) {
        return not(one());
      }
      if (takeSign("(")) {
        Filter filter = filter();
        expectSign(")");
        return filter;
      }
      return test(column());
    } finally {
      depth--;
    }
  }

  private static Filter not(Filter filter) {
    return Filter.newBuilder().setNegation(filter).build();
  }

  private Filter test(String column) {
    Operator operator = operator();
    if (operator != null) {
      return Filter.newBuilder()
          .setComparison(
              Comparison.newBuilder().setColumn(column).setOp(operator).setValue(value()))
          .build();
    }
    if (take("is")) {
      boolean present = take("not");
      expect("null");
      Filter absent = Filter.newBuilder().setIsNull(column).build();
      return present ? not(absent) : absent;
    }
    boolean excluded = take("not");
    if (!take("in")) {
      throw unexpected(
          excluded
              ? "'in' is expected after 'not'"
              : "a test is expected: = != < <= > >= in, not in, is null, is not null, contains, starts with, ends with");
    }
    expectSign("(");
    List<Value> values = listOf(this::value);
    expectSign(")");
    return Filter.newBuilder()
        .setMembership(
            Membership.newBuilder().setColumn(column).addAllValues(values).setExcluded(excluded))
        .build();
  }

  private @Nullable Operator operator() {
    Operator sign = peek().kind() == Kind.SIGN ? SIGNS.get(peek().text()) : null;
    if (sign != null) {
      next++;
      return sign;
    }
    if (take("contains")) {
      return Operator.OPERATOR_CONTAINS;
    }
    if (take("starts")) {
      expect("with");
      return Operator.OPERATOR_STARTS_WITH;
    }
    if (take("ends")) {
      expect("with");
      return Operator.OPERATOR_ENDS_WITH;
    }
    return null;
  }

  private String column() {
    Token token = peek();
    boolean plain =
        token.kind() == Kind.WORD && !RESERVED.contains(token.text().toLowerCase(Locale.ROOT));
    if (!plain && token.kind() != Kind.NAME) {
      throw unexpected("a column is expected; one with an unusual name as \"its name\"");
    }
    next++;
    return token.text();
  }

  private Value value() {
    Token token = peek();
    boolean typed = Literals.isTyped(token);
    Token literal = typed ? tokens.get(next + 1) : token; // after a word there is at least the end
    try {
      Value value = typed ? Literals.typed(token, literal) : Literals.plain(literal);
      if (value != null) {
        next += typed ? 2 : 1;
        return value;
      }
    } catch (IllegalArgumentException e) {
      throw FilterTokens.error(text, literal.at(), String.valueOf(e.getMessage()));
    }
    throw unexpected(
        token.is("null")
            ? "null is equal to nothing: write 'is null' or 'is not null'"
            : "a value is expected, such as 5, 1.5, 'text', true, decimal 1.50, x'00ff', date '2025-01-31', timestamp '2025-01-31T12:00:00Z' or uuid '...'");
  }

  private Token peek() {
    return tokens.get(next);
  }

  private boolean take(String word) {
    boolean there = peek().is(word);
    next += there ? 1 : 0;
    return there;
  }

  private boolean takeSign(String sign) {
    boolean there = peek().isSign(sign);
    next += there ? 1 : 0;
    return there;
  }

  private void expect(String word) {
    if (!take(word)) {
      throw unexpected("'" + word + "' is expected");
    }
  }

  private void expectSign(String sign) {
    if (!takeSign(sign)) {
      throw unexpected("'" + sign + "' is expected");
    }
  }

  private UserError unexpected(String message) {
    Token token = peek();
    return FilterTokens.error(text, token.at(), message + ", and here is " + token.shown());
  }
}
