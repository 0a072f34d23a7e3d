package dev.prism.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The words, signs and literals of a filter, an order or a statement, each with its place. */
final class Tokens {
  /** What a token is. */
  enum Kind {
    /** A keyword, or a name: {@code total}. */
    WORD("a word"),
    /** A name between double quotes, whatever it holds. */
    NAME("a name"),
    /** Text between single quotes. */
    TEXT("text"),
    NUMBER("a number"),
    SIGN("a sign"),
    END("the end");

    private final String noun;

    Kind(String noun) {
      this.noun = noun;
    }
  }

  /**
   * A token.
   *
   * @param text a word, name, text or number as it is meant, a sign as it is written
   * @param at where it begins
   */
  record Token(Kind kind, String text, int at) {
    /** Whether it is this keyword, in any case. */
    boolean is(String word) {
      return kind == Kind.WORD && text.equalsIgnoreCase(word);
    }

    boolean isSign(String sign) {
      return kind == Kind.SIGN && text.equals(sign);
    }

    /** What it is called in an error. */
    String shown() {
      return switch (kind) {
        case END -> kind.noun;
        case TEXT -> "'" + text.replace("'", "''") + "'";
        case NAME -> '"' + text + '"';
        case WORD, NUMBER, SIGN -> text;
      };
    }
  }

  private static final Set<String> SIGNS =
      Set.of("(", ")", ",", "=", "!=", "<>", "<", "<=", ">", ">=");

  private final String text;
  private int at;

  private Tokens(String text) {
    this.text = text;
  }

  /**
   * All of a text's tokens, the last of kind END.
   *
   * @throws UserError where something is no token
   */
  static List<Token> of(String text) {
    Tokens tokens = new Tokens(text);
    List<Token> all = new ArrayList<>();
    do {
      all.add(tokens.next());
    } while (all.getLast().kind() != Kind.END);
    return all;
  }

  /** The error of a place in a text, which it shows. */
  static UserError error(String text, int at, String message) {
    int begin = text.lastIndexOf('\n', at - 1) + 1;
    int newline = text.indexOf('\n', at);
    String line = text.substring(begin, newline < 0 ? text.length() : newline);
    String before = line.substring(0, at - begin);
    return new UserError(
        List.of(
            message,
            "  " + line.replace('\t', ' '),
            "  " + " ".repeat(before.codePointCount(0, before.length())) + "^"));
  }

  private Token next() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    int begin = at;
    if (begin == text.length()) {
      return new Token(Kind.END, "", begin);
    }
    char first = text.charAt(begin);
    if (first == '\'' || first == '"') {
      return quoted(first);
    }
    if (isDigit(first) || (first == '-' && begin + 1 < text.length() && isDigit(peek(1)))) {
      return number();
    }
    if (Character.isLetter(first) || first == '_') {
      while (at < text.length() && isInWord(text.charAt(at))) {
        at++;
      }
      return new Token(Kind.WORD, text.substring(begin, at), begin);
    }
    for (int length = 2; length > 0; length--) {
      int end = begin + length;
      if (end <= text.length() && SIGNS.contains(text.substring(begin, end))) {
        at = end;
        return new Token(Kind.SIGN, text.substring(begin, end), begin);
      }
    }
    throw error(text, begin, "'" + Character.toString(text.codePointAt(begin)) + "' means nothing");
  }

  private char peek(int ahead) {
    return text.charAt(at + ahead);
  }

  /** Two quotes stand for one of its own. */
  private Token quoted(char quote) {
    int begin = at++;
    StringBuilder content = new StringBuilder();
    while (at < text.length()) {
      char each = text.charAt(at++);
      if (each != quote) {
        content.append(each);
      } else if (at < text.length() && text.charAt(at) == quote) {
        content.append(quote);
        at++;
      } else {
        return new Token(quote == '"' ? Kind.NAME : Kind.TEXT, content.toString(), begin);
      }
    }
    throw error(text, begin, "the quote that begins here has no end");
  }

  private Token number() {
    int begin = at++;
    while (at < text.length() && (isInWord(text.charAt(at)) || isExponentSign())) {
      at++;
    }
    String number = text.substring(begin, at);
    if (!number.matches("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      throw error(text, begin, "'" + number + "' is no number");
    }
    return new Token(Kind.NUMBER, number, begin);
  }

  private boolean isExponentSign() {
    return peek(0) == '+' && Character.toLowerCase(peek(-1)) == 'e';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isInWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-' || c == '$';
  }
}
