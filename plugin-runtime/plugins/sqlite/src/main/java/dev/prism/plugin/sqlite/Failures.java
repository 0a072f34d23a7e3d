package dev.prism.plugin.sqlite;

import com.google.rpc.Status;
import dev.prism.sdk.sql.SqlWrites;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's result codes mean to a caller, and to the connection that met them. */
final class Failures {
  private static final int PRIMARY = 0xff;

  private Failures() {}

  static SQLiteErrorCode code(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? sqlite.getResultCode()
        : SQLiteErrorCode.UNKNOWN_ERROR;
  }

  static SQLiteErrorCode primary(SQLException e) {
    return SQLiteErrorCode.getErrorCode(code(e).code & PRIMARY);
  }

  /**
   * Whether the failure may be the fault of what was written, so that other writes of the same
   * transaction are tried again without it.
   */
  static boolean mayBeOneWrites(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_IOERR,
          SQLITE_READONLY,
          SQLITE_CANTOPEN,
          SQLITE_NOTADB,
          SQLITE_BUSY,
          SQLITE_LOCKED,
          SQLITE_PERM ->
          false;
      default -> true;
    };
  }

  /** The disk, not the data: the connection's view of the files is not to be trusted further. */
  static boolean isIo(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY -> true;
      default -> false;
    };
  }

  static boolean isDamage(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
      default -> false;
    };
  }

  /** Whether the call's patience ended, and nothing is wrong with the connection. */
  static boolean isInterrupt(SQLException e) {
    return primary(e) == SQLiteErrorCode.SQLITE_INTERRUPT;
  }

  /** The answer to a call that failed, and left nothing behind. */
  static PrismException answer(SQLException e) {
    return switch (primary(e)) {
      case SQLITE_FULL ->
          PrismException.of(
              Reason.BACKEND_FULL,
              "the database or its disk is full: nothing was written; remove data or make room");
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          PrismException.of(
              Reason.DATA_CORRUPT,
              "the database is damaged where this call touched it: an operator must restore it");
      case SQLITE_TOOBIG ->
          PrismException.of(Reason.VALUE_TOO_LARGE, "the value is larger than the database takes");
      case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_BUSY, SQLITE_LOCKED ->
          PrismException.of(
              Reason.BACKEND_UNAVAILABLE,
              "the database's disk does not answer: nothing was changed");
      case SQLITE_INTERRUPT ->
          PrismException.of(Reason.DEADLINE_EXCEEDED, "the deadline passed: nothing was changed");
      default -> PrismException.of(Reason.INTERNAL, "the database refused the call");
    };
  }

  /** Whether a row was to be inserted whose primary key is there. */
  static boolean isOfPrimaryKey(SQLException e) {
    return switch (code(e)) {
      case SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID -> true;
      default -> false;
    };
  }

  /** As {@link #answer}, where the tables are the users' and other programs may write to them. */
  static PrismException answerOfTables(SQLException e) {
    if (code(e) == SQLiteErrorCode.SQLITE_CONSTRAINT_DATATYPE) {
      return SqlWrites.doesNotFit();
    }
    return switch (primary(e)) {
      case SQLITE_CONSTRAINT -> SqlWrites.constraintViolated();
      case SQLITE_MISMATCH -> SqlWrites.doesNotFit();
      case SQLITE_BUSY, SQLITE_LOCKED -> SqlWrites.conflict();
      default -> answer(e);
    };
  }

  /** What is said of an idempotency key that came with another request. */
  static Status keyReused() {
    return PrismException.status(
        Reason.IDEMPOTENCY_KEY_REUSED,
        "this idempotency key came with another request before: use a new one");
  }
}
