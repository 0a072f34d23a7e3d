package dev.prism.plugin.postgres;

import dev.prism.sdk.sql.SqlWrites;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.SQLException;
import org.postgresql.util.PSQLException;

/** What the server's and the driver's errors mean to a caller. */
final class Failures {
  private Failures() {}

  private static String state(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "" : state;
  }

  /** Whether the connection is gone, or goes: what was under way may have been committed. */
  static boolean endsConnection(SQLException e) {
    String state = state(e);
    return !isServers(e) || state.startsWith("57P") || state.startsWith("08");
  }

  /** Whether the driver has given an answer up that is larger than it may hold. */
  static boolean isTooLarge(SQLException e) {
    return state(e).equals("08S01") && String.valueOf(e.getMessage()).contains("maxResultBuffer");
  }

  /** Whether the server itself has said so. */
  private static boolean isServers(SQLException e) {
    return e instanceof PSQLException server && server.getServerErrorMessage() != null;
  }

  /** The answer to a call that wrote. */
  static PrismException ofWrite(SQLException e) {
    return endsConnection(e) ? unknown() : definite(e);
  }

  static PrismException unknown() {
    return PrismException.of(
        Reason.OUTCOME_UNKNOWN,
        "the connection to the database was lost: the write may have been done");
  }

  /** The answer to a call that may be made again whatever became of it. */
  static PrismException ofRead(SQLException e) {
    if (isTooLarge(e)) {
      return PrismException.of(
          Reason.MESSAGE_TOO_LARGE, "the rows are larger than fits here; ask for fewer at once");
    }
    if (endsConnection(e)) {
      return PrismException.of(
          Reason.BACKEND_UNAVAILABLE, "the connection to the database was lost");
    }
    return definite(e);
  }

  /** The answer to a transaction whose commit was sent. */
  static PrismException ofCommit(SQLException e) {
    return endsConnection(e) ? unknown() : ofTables(e);
  }

  /** The answer to a statement on the users' tables, whose transaction is undone. */
  static PrismException ofTables(SQLException e) {
    String state = state(e);
    if (state.equals("428C9")) {
      return SqlWrites.doesNotFit(); // a column that the database fills by itself
    }
    if (state.equals("42501")) {
      return PrismException.of(
          Reason.PERMISSION_DENIED, "Prism's user may not do this at the database");
    }
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "22" -> SqlWrites.doesNotFit();
      // P0: what a trigger of theirs raises
      case "23", "P0" -> SqlWrites.constraintViolated();
      case "40" -> SqlWrites.conflict();
      default -> ofRead(e);
    };
  }

  /** A table or column that was there a moment ago, or of another type. */
  static boolean isOfChangedTable(SQLException e) {
    return switch (state(e)) {
      case "42703", "42P01", "42883", "42804" -> true;
      default -> false;
    };
  }

  private static PrismException definite(SQLException e) {
    String state = state(e);
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "53" ->
          state.equals("53100")
              ? PrismException.of(Reason.BACKEND_FULL, "the database's disk is full")
              : PrismException.of(Reason.OVERLOADED, "the database has no room for the call now");
      case "40", "55", "57" ->
          PrismException.of(
              Reason.BACKEND_UNAVAILABLE, "the database gave the call up: nothing was changed");
      case "25" ->
          PrismException.of(
              Reason.BACKEND_UNAVAILABLE, "the database takes no writes: nothing was changed");
      case "22" ->
          PrismException.of(
              Reason.FIELD_INVALID, "a value does not fit what it is compared with or put into");
      case "54" ->
          PrismException.of(Reason.VALUE_TOO_LARGE, "the value is larger than the database takes");
      default -> PrismException.of(Reason.INTERNAL, "the database refused the call");
    };
  }

  /** Names what went wrong, for a log: neither values nor secrets are in it. */
  static String forLog(SQLException e) {
    String message = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    return "%s %s".formatted(state(e), message).strip();
  }
}
