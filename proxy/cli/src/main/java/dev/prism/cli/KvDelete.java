package dev.prism.cli;

import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.DeleteResponse;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism kv delete}. */
@picocli.CommandLine.Command(
    name = "delete",
    header = "Removes one key.",
    description = {
      "",
      "Removing a key that is not there succeeds, unless a condition says otherwise.",
      ""
    })
final class KvDelete extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyOption key = new KvCommand.KeyOption();
  @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

  @ArgGroup private @Nullable Precondition precondition;

  /** What must hold for the removal to happen; at most one. */
  static final class Precondition {
    @Option(names = "--if-present", description = "Fail where there is no item.")
    boolean ifPresent;

    @Option(
        names = "--if-etag",
        paramLabel = "ETAG",
        description = "Only where the item has this etag.")
    @Nullable String ifEtag;
  }

  KvDelete(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    DeleteRequest.Builder delete =
        DeleteRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(key.key)
            .setPartitionKey(key.partitionKey)
            .setIdempotencyKey(idempotency.key);
    if (precondition != null && precondition.ifEtag != null) {
      delete.setIfEtag(precondition.ifEtag);
    } else if (precondition != null) {
      delete.setIfPresent(precondition.ifPresent);
    }
    try (Client client = Client.ofData(options)) {
      DeleteResponse deleted = client.keyValue().delete(delete.build());
      if (options.json()) {
        sayJson(deleted);
      } else {
        say(deleted.getExisted() ? "deleted" : "was not there");
      }
    }
    return OK;
  }
}
