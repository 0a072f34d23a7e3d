package dev.prism.cli;

import dev.prism.cli.Tokens.Kind;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Map;
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
class FilterParser extends TokenParser {
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

  private int depth;

  protected FilterParser(String text) {
    super(text);
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

  protected final Sort sort() {
    Sort.Builder sort = Sort.newBuilder().setColumn(column());
    if (take("desc")) {
      sort.setDescending(true);
    } else {
      take("asc");
    }
    return sort.build();
  }

  protected final Filter filter() {
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
      skip();
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
}
