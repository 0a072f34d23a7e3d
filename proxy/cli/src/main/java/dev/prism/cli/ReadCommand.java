package dev.prism.cli;

import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;

/** {@code prism read}. */
@picocli.CommandLine.Command(
    name = "read",
    header = "Prints the rows of a table or collection in the order of its primary key.",
    description = {
      "",
      "On a terminal a table, whose cells are cut after 40 characters; else, and with --json, one JSON",
      "object a line. A read that stops before the last row prints on standard error the cursor that goes on.",
      "",
      "Examples:",
      "  prism read orders --limit 20",
      "  prism read orders --columns id,total --page-size 10000 > orders.jsonl",
      ""
    })
final class ReadCommand extends RowsCommand {
  ReadCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    ReadRequest read =
        ReadRequest.newBuilder()
            .setCollection(collection)
            .addAllColumns(columns())
            .setLimit(limit)
            .setPageSize(pageSize)
            .setCursor(cursor())
            .build();
    return print(client -> client.readerStreams().read(read), ReadResponse::getPage);
  }
}
