package dev.prism.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.Row;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.Committed;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.IsolationLevel;
import dev.prism.transact.v1.Rows;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism tx}. */
@picocli.CommandLine.Command(
    name = "tx",
    header = "Writes and reads rows, and writes messages to mailboxes, in one transaction.",
    description = {
      "",
      "Statements given as arguments are done in their order, then committed. Without any, each line of",
      "standard input is one: the last is commit or rollback. What ends without commit is rolled back:",
      "at the end of input, at the first statement that fails, on Ctrl-C.",
      "",
      "  insert orders id = 'o-1', total = 42",
      "  upsert orders id = 'o-1', total = 42",
      "  update orders id = 'o-1' set total = 43, note = null expect total = 42 must exist",
      "  delete orders id = 'o-1'",
      "  select orders columns id, total where total > 40 sort total desc limit 10 lock",
      "  message orders-outbox 'placed' key 'customer-3' id 'o-1' header 'type' 'order'",
      "",
      "Values are those of 'prism query --where'. A line that begins with { is a TransactionRequest of",
      "the contract, as JSON. Rows are printed as 'prism read' does, of a message its id.",
      "",
      "Examples:",
      "  prism tx \"insert orders id = 'o-1', total = 42\" \"message orders-outbox 'placed' key 'o-1'\"",
      "  prism tx --inbox billing --message-id o-1 \"upsert bills id = 'o-1', sum = 42\"",
      "  prism tx --isolation serializable < statements.txt",
      ""
    })
final class TxCommand extends Command {
  /** The config of the sessions of Transact's commands, where none is named. */
  static final String CONFIG = "transact";

  @Parameters(paramLabel = "STATEMENT", description = "What to do, in order.")
  private List<String> statements = List.of();

  @Option(
      names = "--isolation",
      paramLabel = "LEVEL",
      defaultValue = "",
      description =
          "read-committed, repeatable-read or serializable; default: as the backend's page says.")
  private String isolation = "";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "Rolled back after so long (default: 30s), at most 10m.")
  private @Nullable Duration timeout;

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "The same key again commits nothing.")
  private String idempotencyKey = "";

  @ArgGroup(exclusive = false)
  private @Nullable Processed processed;

  /** The message that the transaction processes. */
  static final class Processed {
    @Option(
        names = "--inbox",
        paramLabel = "NAME",
        required = true,
        description = "Who processes a message: done once for each message of that name.")
    String inbox = "";

    @Option(
        names = "--message-id",
        paramLabel = "ID",
        required = true,
        description = "The message that is processed.")
    String messageId = "";
  }

  TxCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws InterruptedException {
    Begin.Builder begin = Begin.newBuilder().setIsolation(level());
    if (timeout != null) {
      begin.setTimeout(Units.of(timeout));
    }
    if (processed != null) {
      begin.setInbox(Inbox.newBuilder().setName(processed.inbox).setMessageId(processed.messageId));
    }
    TransactionRequest first =
        TransactionRequest.newBuilder().setBegin(begin).setIdempotencyKey(idempotencyKey).build();
    Iterator<TransactionRequest> steps = steps();
    try (UntilSignal until = new UntilSignal();
        Client client = Client.of(options, CONFIG)) {
      return run(until.open(() -> client.transactions().transaction()), first, steps, until);
    }
  }

  private IsolationLevel level() {
    return switch (isolation) {
      case "" -> IsolationLevel.ISOLATION_LEVEL_UNSPECIFIED;
      case "read-committed" -> IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED;
      case "repeatable-read" -> IsolationLevel.ISOLATION_LEVEL_REPEATABLE_READ;
      case "serializable" -> IsolationLevel.ISOLATION_LEVEL_SERIALIZABLE;
      default ->
          throw new UserError(
              "--isolation is read-committed, repeatable-read or serializable, not '%s'"
                  .formatted(isolation));
    };
  }

  /**
   * Those of the arguments and a commit; else those of standard input, each read when it is due.
   */
  private Iterator<TransactionRequest> steps() {
    if (statements.isEmpty()) {
      if (Terminals.out()) {
        console.err().println("one statement a line; the last is commit, or rollback");
      }
      return new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8))
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("--"))
          .map(TxCommand::step)
          .iterator();
    }
    List<TransactionRequest> given = new ArrayList<>();
    statements.forEach(statement -> given.add(step(statement)));
    TransactionRequest last = given.getLast();
    if (!last.hasCommit() && !last.hasRollback()) {
      given.add(TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance()).build());
    }
    return given.iterator();
  }

  private static TransactionRequest step(String statement) {
    if (!statement.startsWith("{")) {
      return StatementParser.step(statement);
    }
    TransactionRequest.Builder step = TransactionRequest.newBuilder();
    try {
      JsonFormat.parser().merge(statement, step);
    } catch (InvalidProtocolBufferException e) {
      throw new UserError("this is no TransactionRequest: " + e.getMessage());
    }
    return step.build();
  }

  private int run(
      BlockingClientCall<TransactionRequest, TransactionResponse> stream,
      TransactionRequest first,
      Iterator<TransactionRequest> steps,
      UntilSignal until)
      throws InterruptedException {
    TransactionRequest step = first;
    int number = 0;
    try {
      while (true) {
        TransactionResponse answer = answer(stream, step);
        tell(answer);
        if (answer.hasCommitted() || answer.hasRolledBack()) {
          return OK;
        }
        number++;
        if (!steps.hasNext()) {
          stream.cancel("no commit", null);
          console.err().println("rolled back: there was no commit");
          return FAILED;
        }
        step = steps.next();
      }
    } catch (UserError e) {
      stream.cancel("a statement that is none", null);
      console.err().printf("statement %d is none, and all was rolled back:%n", number);
      throw e;
    } catch (StatusException e) {
      if (step.hasCommit()) {
        console.err().println("the commit was not acknowledged:");
      } else if (until.isOver()) {
        console.err().println("rolled back");
        return FAILED;
      } else if (number > 0) {
        console.err().printf("statement %d failed, and all was rolled back:%n", number);
      }
      throw new StatusRuntimeException(e.getStatus(), e.getTrailers());
    }
  }

  private static TransactionResponse answer(
      BlockingClientCall<TransactionRequest, TransactionResponse> stream, TransactionRequest step)
      throws InterruptedException, StatusException {
    // Where the stream has ended nothing is written, and reading tells why.
    boolean _ = stream.write(step);
    TransactionResponse answer = stream.read();
    if (answer == null) {
      throw Status.INTERNAL.withDescription("the stream ended before its answer").asException();
    }
    return answer;
  }

  private void tell(TransactionResponse answer) {
    if (options.json()) {
      say(inOneLine(answer));
      console.out().flush();
      return;
    }
    switch (answer.getResponseCase()) {
      case WRITE -> {
        long rows = answer.getWrite().getRows();
        console.err().println(rows == 1 ? "1 row" : rows + " rows");
      }
      case MESSAGE -> say(answer.getMessage().getMessageId());
      case ROWS -> tell(answer.getRows());
      case COMMITTED -> console.err().println(ended(answer.getCommitted()));
      case ROLLED_BACK -> console.err().println("rolled back");
      case BEGUN, RESPONSE_NOT_SET -> {}
    }
    console.out().flush();
  }

  private static String ended(Committed committed) {
    if (committed.getReplayed()) {
      return "committed before, with this idempotency key: nothing was done";
    }
    return committed.getAlreadyProcessed()
        ? "the inbox knows this message: nothing was done"
        : "committed";
  }

  private void tell(Rows rows) {
    Page.Builder page = Page.newBuilder().addAllColumns(rows.getColumnsList());
    rows.getRowsList()
        .forEach(row -> page.addRows(Row.newBuilder().addAllValues(row.getValuesList())));
    RowPrinter printer = Terminals.out() ? new RowPrinter.Grid() : new RowPrinter.Lines();
    console.out().print(printer.text(page.build()));
    if (rows.getMore()) {
      console.err().println("there are more rows: limit N shows up to 1000");
    }
  }
}
