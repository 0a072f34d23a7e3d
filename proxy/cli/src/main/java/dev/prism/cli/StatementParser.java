package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import dev.prism.cli.Tokens.Kind;
import dev.prism.cli.Tokens.Token;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Rollback;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.Update;
import dev.prism.transact.v1.Upsert;
import dev.prism.type.v1.Header;
import dev.prism.type.v1.Value;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads the statements of a transaction as people write them; docs/cli.md has the language.
 *
 * <pre>
 * statement = "insert" table values | "upsert" table values
 *           | "update" table values "set" values [ "expect" values ] [ "must" "exist" ]
 *           | "delete" table values [ "expect" values ] [ "must" "exist" ]
 *           | "select" table [ "columns" columns ] [ "where" filter ] [ "sort" order ] [ "limit" number ] [ "lock" ]
 *           | "message" mailbox payload { "key" text | "id" text | "header" text text }
 *           | "commit" | "rollback"
 * values    = column "=" ( value | "null" ) { "," column "=" ( value | "null" ) }
 * </pre>
 */
final class StatementParser extends FilterParser {
  private StatementParser(String text) {
    super(text);
  }

  /**
   * The step of a transaction that is written.
   *
   * @throws UserError where it is none, with the place
   */
  static TransactionRequest step(String text) {
    StatementParser parser = new StatementParser(text);
    return parser.whole(parser::statement);
  }

  private TransactionRequest statement() {
    TransactionRequest.Builder step = TransactionRequest.newBuilder();
    String verb = peek().kind() == Kind.WORD ? peek().text().toLowerCase(Locale.ROOT) : "";
    switch (verb) {
      case "insert", "upsert", "update", "delete" -> {
        skip();
        step.setWrite(write(verb));
      }
      case "select" -> {
        skip();
        step.setSelect(select());
      }
      case "message" -> {
        skip();
        step.setMessage(message());
      }
      case "commit" -> {
        skip();
        step.setCommit(Commit.getDefaultInstance());
      }
      case "rollback" -> {
        skip();
        step.setRollback(Rollback.getDefaultInstance());
      }
      default ->
          throw unexpected(
              "a statement is expected: insert, update, upsert, delete, select, message, commit or rollback");
    }
    return step.build();
  }

  private DataWrite write(String verb) {
    DataWrite.Builder write = DataWrite.newBuilder().setTable(name("a table"));
    switch (verb) {
      case "insert" -> write.setInsert(Insert.newBuilder().putAllValues(values()));
      case "upsert" -> write.setUpsert(Upsert.newBuilder().putAllValues(values()));
      case "update" -> {
        Update.Builder update = Update.newBuilder().putAllKey(values());
        expect("set");
        write.setUpdate(
            update.putAllValues(values()).putAllExpected(expected()).setMustExist(mustExist()));
      }
      default ->
          write.setDelete(
              Delete.newBuilder()
                  .putAllKey(values())
                  .putAllExpected(expected())
                  .setMustExist(mustExist()));
    }
    return write.build();
  }

  private Map<String, Value> values() {
    Map<String, Value> values = new LinkedHashMap<>();
    do {
      Token at = peek();
      String column = column();
      expectSign("=");
      Value value =
          take("null") ? Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build() : value();
      if (values.put(column, value) != null) {
        throw error(at, "the column '" + column + "' is there twice");
      }
    } while (takeSign(","));
    return values;
  }

  private Map<String, Value> expected() {
    return take("expect") ? values() : Map.of();
  }

  private boolean mustExist() {
    if (!take("must")) {
      return false;
    }
    expect("exist");
    return true;
  }

  private Select select() {
    Select.Builder select = Select.newBuilder().setTable(name("a table"));
    if (take("columns")) {
      select.addAllColumns(listOf(this::column));
    }
    if (take("where")) {
      select.setFilter(filter());
    }
    if (take("sort")) {
      select.addAllSort(listOf(this::sort));
    }
    if (take("limit")) {
      select.setLimit(limit());
    }
    return select.setLock(take("lock")).build();
  }

  private int limit() {
    Token token = peek();
    if (token.kind() != Kind.NUMBER || !token.text().matches("[0-9]{1,9}")) {
      throw unexpected("a number of rows is expected");
    }
    skip();
    return Integer.parseInt(token.text());
  }

  private MailboxMessage message() {
    MailboxMessage.Builder message =
        MailboxMessage.newBuilder().setMailbox(name("a mailbox")).setPayload(bytes());
    while (true) {
      if (take("key")) {
        message.setKey(bytes());
      } else if (take("id")) {
        message.setMessageId(text());
      } else if (take("header")) {
        message.addHeaders(Header.newBuilder().setName(text()).setValue(bytes()));
      } else {
        return message.build();
      }
    }
  }

  private String text() {
    Token token = peek();
    if (token.kind() != Kind.TEXT) {
      throw unexpected("text between single quotes is expected");
    }
    skip();
    return token.text();
  }

  private ByteString bytes() {
    return peek().is("x") ? value().getBytesValue() : ByteString.copyFromUtf8(text());
  }
}
