package dev.prism.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Mixin;

/** What the commands that talk to a running Prism share: their options and their console. */
abstract class Command implements Callable<Integer> {
  /** Exit status of a command that did what was asked. */
  static final int OK = 0;

  /** Exit status of a command that failed, or whose answer is no (an absent key). */
  static final int FAILED = 1;

  /** Exit status of a command that was written wrongly. */
  static final int USAGE = 2;

  /** What a status that stands in an answer may hold. */
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer()
          .usingTypeRegistry(
              TypeRegistry.newBuilder()
                  .add(
                      List.of(
                          ErrorInfo.getDescriptor(),
                          RetryInfo.getDescriptor(),
                          BadRequest.getDescriptor()))
                  .build());

  private static final JsonFormat.Printer LINE = JSON.omittingInsignificantWhitespace();

  protected final Console console;

  @Mixin protected ClientOptions options = new ClientOptions();

  Command(Console console) {
    this.console = console;
  }

  /** The address the command talks to, for its errors. */
  String endpoint() {
    return options.endpoint();
  }

  protected void say(String line) {
    console.out().println(line);
  }

  protected void sayJson(MessageOrBuilder message) {
    say(json(message));
  }

  /**
   * Prints a list that comes in pages: each page as JSON, or one table.
   *
   * @param ask for the page of a token, which is empty for the first
   * @param next the token of the page after this one, empty after the last
   * @param rows adds a page's rows to the table
   */
  protected <P extends MessageOrBuilder> void sayPages(
      Function<String, P> ask, Function<P, String> next, Table table, Consumer<P> rows) {
    String token = "";
    do {
      P page = ask.apply(token);
      if (options.json()) {
        sayJson(page);
      }
      rows.accept(page);
      token = next.apply(page);
    } while (!token.isEmpty());
    if (!options.json()) {
      console.out().print(table);
    }
  }

  /** The contract's JSON form: names in lowerCamelCase, bytes in base64, no absent fields. */
  static String json(MessageOrBuilder message) {
    return print(JSON, message);
  }

  /** As {@link #json}, on one line. */
  static String inOneLine(MessageOrBuilder message) {
    return print(LINE, message);
  }

  private static String print(JsonFormat.Printer printer, MessageOrBuilder message) {
    try {
      return printer.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an Any of a type that is not ours", e);
    }
  }
}
