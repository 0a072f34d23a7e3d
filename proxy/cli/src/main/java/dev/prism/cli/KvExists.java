package dev.prism.cli;

import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.ExistsResponse;
import picocli.CommandLine.Mixin;

/** {@code prism kv exists}. */
@picocli.CommandLine.Command(
    name = "exists",
    header = "Says whether a key is there: yes (exit status 0) or no (1).")
final class KvExists extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyOption key = new KvCommand.KeyOption();

  KvExists(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    ExistsRequest exists =
        ExistsRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(key.key)
            .setPartitionKey(key.partitionKey)
            .build();
    try (Client client = Client.ofData(options)) {
      ExistsResponse answer = client.keyValue().exists(exists);
      if (options.json()) {
        sayJson(answer);
      } else {
        say(answer.getExists() ? "yes" : "no");
      }
      return answer.getExists() ? OK : FAILED;
    }
  }
}
