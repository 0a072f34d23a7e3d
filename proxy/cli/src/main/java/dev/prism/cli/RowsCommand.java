package dev.prism.cli;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.EndReason;
import dev.prism.reader.v1.Page;
import io.grpc.StatusRuntimeException;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code prism read} and {@code prism query} share: they print rows as they come. */
abstract class RowsCommand extends Command {
  /** The config of the sessions of Reader's commands, where none is named. */
  static final String CONFIG = "reader";

  private static final String PAGE_ROWS = "1000";

  @Parameters(index = "0", paramLabel = "COLLECTION", description = "The table or collection.")
  protected String collection = "";

  @Option(
      names = "--columns",
      paramLabel = "NAMES",
      description = "Only these columns, in this order, with commas between; default: all.")
  private @Nullable String columns;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "The most rows; default: all.")
  protected long limit;

  @Option(
      names = "--page-size",
      paramLabel = "N",
      defaultValue = PAGE_ROWS,
      description = "Rows of a page, up to 10000 (default: ${DEFAULT-VALUE}).")
  protected int pageSize;

  @Option(
      names = "--cursor",
      paramLabel = "CURSOR",
      defaultValue = "",
      description = "Go on where an earlier call of the same command stopped, which printed this.")
  private String cursor = "";

  RowsCommand(Console console) {
    super(console);
  }

  /** The columns that are asked for; none: all. */
  protected List<String> columns() {
    return columns == null ? List.of() : FilterParser.columns(columns);
  }

  protected ByteString cursor() {
    try {
      return ByteString.copyFrom(Base64.getDecoder().decode(cursor));
    } catch (IllegalArgumentException e) {
      throw new UserError("--cursor must be as it was printed: it is no base64");
    }
  }

  /**
   * Opens a stream of pages and prints them.
   *
   * @param page the page of one answer
   */
  protected <R> int print(Function<Client, Iterator<R>> open, Function<R, Page> page) {
    if (limit < 0 || pageSize < 1) {
      throw new UserError("--limit must not be negative, and --page-size at least 1");
    }
    try (UntilSignal until = new UntilSignal();
        Client client = Client.of(options, CONFIG)) {
      return print(until, until.open(() -> open.apply(client)), page);
    }
  }

  private <R> int print(UntilSignal until, Iterator<R> answers, Function<R, Page> pageOf) {
    RowPrinter printer =
        options.json() || !Terminals.out() ? new RowPrinter.Lines() : new RowPrinter.Grid();
    Rate rate = new Rate(console.err(), "row", true);
    Page last = Page.newBuilder().setNextCursor(cursor()).build(); // until one has come
    try {
      while (answers.hasNext()) {
        last = pageOf.apply(answers.next());
        console.out().print(printer.text(last));
        if (console.out().checkError()) { // which also flushes
          return FAILED; // whoever read the rows has seen enough
        }
        rate.add(last.getRowsCount());
      }
    } catch (StatusRuntimeException e) {
      tellRate(rate);
      tellCursor(last, until.isOver() ? "interrupted" : "the read broke off");
      if (!until.isOver()) {
        throw e;
      }
      return OK;
    }
    tellRate(rate);
    boolean late = last.getEndReason() == EndReason.END_REASON_DEADLINE;
    tellCursor(last, late ? "the deadline came before the last row" : "there are more rows");
    return late ? FAILED : OK;
  }

  /** Ends the line that the rate was shown on. */
  private void tellRate(Rate rate) {
    if (rate.wasShown()) {
      console.err().println(rate.summary());
    }
  }

  /** Says how to go on after a page, if there is more. */
  private void tellCursor(Page page, String why) {
    ByteString place = page.getNextCursor();
    if (!place.isEmpty()) {
      console
          .err()
          .printf(
              "prism: %s; go on with --cursor %s%n",
              why, Base64.getEncoder().encodeToString(place.toByteArray()));
    }
  }
}
