package dev.prism.cli;

import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.CountResponse;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism count}. */
@picocli.CommandLine.Command(
    name = "count",
    header = "Prints how many rows of a table or collection a filter lets through.",
    description = {
      "",
      "'prism query --help' explains filters.",
      "",
      "Examples:",
      "  prism count orders",
      "  prism count orders --where \"status = 'new'\" --deadline 1m",
      ""
    })
final class CountCommand extends Command {
  @Parameters(index = "0", paramLabel = "COLLECTION", description = "The table or collection.")
  private String collection = "";

  @Option(names = "--where", paramLabel = "FILTER", description = "Which rows; default: all.")
  private @Nullable String where;

  CountCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    CountRequest.Builder count = CountRequest.newBuilder().setCollection(collection);
    if (where != null) {
      count.setFilter(FilterParser.filter(where));
    }
    try (Client client = Client.of(options, RowsCommand.CONFIG)) {
      CountResponse answer = client.reader().count(count.build());
      if (options.json()) {
        sayJson(answer);
      } else {
        say(Long.toUnsignedString(answer.getCount()));
      }
    }
    return OK;
  }
}
