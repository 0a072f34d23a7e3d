package dev.prism.cli;

import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PersistResponse;
import picocli.CommandLine.Mixin;

/** {@code prism kv persist}. */
@picocli.CommandLine.Command(
    name = "persist",
    header = "Removes the time to live of a key that is there; its value stays.")
final class KvPersist extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyOption key = new KvCommand.KeyOption();
  @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

  KvPersist(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    PersistRequest persist =
        PersistRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(key.key)
            .setPartitionKey(key.partitionKey)
            .setIdempotencyKey(idempotency.key)
            .build();
    try (Client client = Client.ofData(options)) {
      PersistResponse answer = client.keyValue().persist(persist);
      if (options.json()) {
        sayJson(answer);
      } else {
        say(answer.getApplied() ? "does not expire" : "the key is not there");
      }
      return answer.getApplied() ? OK : FAILED;
    }
  }
}
