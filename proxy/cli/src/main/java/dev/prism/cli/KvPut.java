package dev.prism.cli;

import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prism kv put}. */
@picocli.CommandLine.Command(
    name = "put",
    header = "Writes one value.",
    description = {
      "",
      "Prints nothing but where --json is given; exit status 0 says that the backend has the value.",
      "",
      "Examples:",
      "  prism kv put greeting hello",
      "  prism kv put logo --file logo.png --content-type image/png",
      "  date | prism kv put now - --ttl 1m",
      ""
    })
final class KvPut extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyAndValue item = new KvCommand.KeyAndValue();
  @Mixin private KvCommand.ExpiryOption expiry = new KvCommand.ExpiryOption();
  @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

  @ArgGroup private @Nullable Precondition precondition;

  @Option(
      names = "--content-type",
      paramLabel = "TYPE",
      defaultValue = "",
      description = "Kept with the value.")
  private String contentType = "";

  @Option(
      names = "--metadata",
      paramLabel = "NAME=TEXT",
      description = "Kept with the value; may be repeated.")
  private Map<String, String> metadata = new LinkedHashMap<>();

  /** What must hold for the write to happen; at most one. */
  static final class Precondition {
    @Option(names = "--if-absent", description = "Only where there is no item.")
    boolean ifAbsent;

    @Option(names = "--if-present", description = "Only where there is an item.")
    boolean ifPresent;

    @Option(
        names = "--if-etag",
        paramLabel = "ETAG",
        description = "Only where the item has this etag.")
    @Nullable String ifEtag;
  }

  KvPut(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    PutRequest.Builder put =
        PutRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(item.key)
            .setPartitionKey(item.partitionKey)
            .setValue(item.read(console))
            .setContentType(contentType)
            .putAllMetadata(metadata)
            .setIdempotencyKey(idempotency.key);
    if (expiry.ttl != null) {
      put.setTtl(Units.of(expiry.ttl));
    } else if (expiry.keepTtl) {
      put.setKeepTtl(true);
    }
    if (precondition != null) {
      if (precondition.ifEtag != null) {
        put.setIfEtag(precondition.ifEtag);
      } else if (precondition.ifAbsent) {
        put.setIfAbsent(true);
      } else {
        put.setIfPresent(precondition.ifPresent);
      }
    }
    try (Client client = Client.ofData(options)) {
      PutResponse written = client.keyValue().put(put.build());
      if (options.json()) {
        sayJson(written);
      }
    }
    return OK;
  }
}
