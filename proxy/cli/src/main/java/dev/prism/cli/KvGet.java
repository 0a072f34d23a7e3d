package dev.prism.cli;

import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import java.io.IOException;
import picocli.CommandLine.Mixin;

/** {@code prism kv get}. */
@picocli.CommandLine.Command(
    name = "get",
    header = "Reads one value.",
    description = {
      "",
      "Writes the value's bytes to standard output, exactly as they are (and a line break after them",
      "where that is a terminal). Exit status 1 says that the key is not there. --json shows etag,",
      "expiry, content type and metadata, too.",
      "",
      "Examples:",
      "  prism kv get greeting",
      "  prism kv get logo > logo.png",
      ""
    })
final class KvGet extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyOption key = new KvCommand.KeyOption();

  KvGet(Console console) {
    super(console);
  }

  @Override
  @SuppressWarnings("SystemConsoleNull") // the annotated JDK still says that it may be null
  public Integer call() throws IOException {
    GetRequest get =
        GetRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(key.key)
            .setPartitionKey(key.partitionKey)
            .build();
    GetResponse found;
    try (Client client = Client.ofData(options)) {
      found = client.keyValue().get(get);
    }
    if (!found.hasItem()) {
      console
          .err()
          .printf("prism: there is no key '%s' in collection '%s'%n", key.key, collection.name);
      return FAILED;
    }
    if (options.json()) {
      sayJson(found.getItem());
    } else {
      found.getItem().getValue().writeTo(console.out());
      java.io.Console terminal = System.console();
      if (terminal != null && terminal.isTerminal()) {
        console.out().println();
      }
    }
    return OK;
  }
}
