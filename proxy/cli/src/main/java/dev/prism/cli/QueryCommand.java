package dev.prism.cli;

import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.QueryResponse;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code prism query}. */
@picocli.CommandLine.Command(
    name = "query",
    header = "Prints the rows of a table or collection that a filter lets through, in an order.",
    description = {
      "",
      "Prints as 'prism read' does. In a filter, tests of columns are joined with and, or, not and",
      "parentheses: = != < <= > >=, in (...), not in (...), is null, is not null, contains, starts with,",
      "ends with. Values: 5, 1.5, 'text', true, false, decimal 1.50, x'00ff', date '2025-01-31',",
      "timestamp '2025-01-31T12:00:00Z', uuid '...'. A name with blanks stands between double quotes.",
      "",
      "Examples:",
      "  prism query orders --where \"total > 100 and status in ('new', 'paid')\"",
      "  prism query orders --where \"not name starts with 'A' or note is null\" --sort 'total desc, name'",
      ""
    })
final class QueryCommand extends RowsCommand {
  @Option(names = "--where", paramLabel = "FILTER", description = "Which rows; default: all.")
  private @Nullable String where;

  @Option(
      names = "--sort",
      paramLabel = "ORDER",
      description =
          "By which columns, each with desc where the greatest come first; default: by the key.")
  private @Nullable String sort;

  QueryCommand(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    QueryRequest.Builder query =
        QueryRequest.newBuilder()
            .setCollection(collection)
            .addAllColumns(columns())
            .setLimit(limit)
            .setPageSize(pageSize)
            .setCursor(cursor());
    if (where != null) {
      query.setFilter(FilterParser.filter(where));
    }
    if (sort != null) {
      query.addAllSort(FilterParser.order(sort));
    }
    QueryRequest request = query.build();
    return print(client -> client.readerStreams().query(request), QueryResponse::getPage);
  }
}
