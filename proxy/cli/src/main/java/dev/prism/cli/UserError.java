package dev.prism.cli;

import java.util.List;

/** Something the person who typed the command can put right; the message says what. */
final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> lines;

  UserError(String message) {
    this(List.of(message));
  }

  /** Several things at once, a line each. */
  UserError(List<String> lines) {
    super(String.join("\n", lines));
    this.lines = List.copyOf(lines);
  }

  List<String> lines() {
    return lines;
  }
}
