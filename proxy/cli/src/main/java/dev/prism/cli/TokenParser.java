package dev.prism.cli;

import dev.prism.cli.Tokens.Kind;
import dev.prism.cli.Tokens.Token;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** Reads what people write token by token, and shows the place of what is not understood. */
abstract class TokenParser {
  /** Words that are no name, unless they stand between double quotes. */
  private static final Set<String> RESERVED = Set.of("and", "or", "not");

  private final String text;
  private final List<Token> tokens;
  private int next;

  protected TokenParser(String text) {
    this.text = text;
    this.tokens = Tokens.of(text);
  }

  protected final <T> T whole(Supplier<T> part) {
    T parsed = part.get();
    if (peek().kind() != Kind.END) {
      throw unexpected("nothing more is expected here");
    }
    return parsed;
  }

  protected final <T> List<T> listOf(Supplier<T> part) {
    List<T> list = new ArrayList<>();
    do {
      list.add(part.get());
    } while (takeSign(","));
    return list;
  }

  protected final String column() {
    return name("a column");
  }

  /** A name that stands for {@code noun}, such as "a column". */
  protected final String name(String noun) {
    Token token = peek();
    boolean plain =
        token.kind() == Kind.WORD && !RESERVED.contains(token.text().toLowerCase(Locale.ROOT));
    if (!plain && token.kind() != Kind.NAME) {
      throw unexpected(noun + " is expected; one with an unusual name as \"its name\"");
    }
    next++;
    return token.text();
  }

  protected final Value value() {
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
      throw Tokens.error(text, literal.at(), String.valueOf(e.getMessage()));
    }
    throw unexpected(
        token.is("null")
            ? "null is equal to nothing: write 'is null' or 'is not null'"
            : "a value is expected, such as 5, 1.5, 'text', true, decimal 1.50, x'00ff', date '2025-01-31', timestamp '2025-01-31T12:00:00Z' or uuid '...'");
  }

  protected final Token peek() {
    return tokens.get(next);
  }

  protected final void skip() {
    next++;
  }

  protected final boolean take(String word) {
    boolean there = peek().is(word);
    next += there ? 1 : 0;
    return there;
  }

  protected final boolean takeSign(String sign) {
    boolean there = peek().isSign(sign);
    next += there ? 1 : 0;
    return there;
  }

  protected final void expect(String word) {
    if (!take(word)) {
      throw unexpected("'" + word + "' is expected");
    }
  }

  protected final void expectSign(String sign) {
    if (!takeSign(sign)) {
      throw unexpected("'" + sign + "' is expected");
    }
  }

  protected final UserError unexpected(String message) {
    return error(peek(), message + ", and here is " + peek().shown());
  }

  protected final UserError error(Token token, String message) {
    return Tokens.error(text, token.at(), message);
  }
}
