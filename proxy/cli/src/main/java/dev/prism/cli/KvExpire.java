package dev.prism.cli;

import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.ExpireResponse;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code prism kv expire}. */
@picocli.CommandLine.Command(
    name = "expire",
    header = "Sets the time to live of a key that is there; its value stays.",
    description = {"", "Example:", "  prism kv expire session:42 30m", ""})
final class KvExpire extends Command {
  @Mixin private KvCommand.CollectionOption collection = new KvCommand.CollectionOption();
  @Mixin private KvCommand.KeyOption key = new KvCommand.KeyOption();
  @Mixin private KvCommand.IdempotencyOption idempotency = new KvCommand.IdempotencyOption();

  @Parameters(
      index = "1",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "From now, such as 10s, 5m or 7d.")
  private Duration ttl = Duration.ZERO;

  KvExpire(Console console) {
    super(console);
  }

  @Override
  public Integer call() {
    ExpireRequest expire =
        ExpireRequest.newBuilder()
            .setCollection(collection.name)
            .setKey(key.key)
            .setPartitionKey(key.partitionKey)
            .setTtl(Units.of(ttl))
            .setIdempotencyKey(idempotency.key)
            .build();
    try (Client client = Client.ofData(options)) {
      ExpireResponse answer = client.keyValue().expire(expire);
      if (options.json()) {
        sayJson(answer);
      } else {
        say(
            answer.getApplied()
                ? "expires at " + Units.instant(answer.getExpiresAt())
                : "the key is not there");
      }
      return answer.getApplied() ? OK : FAILED;
    }
  }
}
