package dev.prism.cli;

import com.google.protobuf.Timestamp;
import dev.prism.admin.v1.ApiKey;
import dev.prism.admin.v1.CreateApiKeyRequest;
import dev.prism.admin.v1.CreateApiKeyResponse;
import dev.prism.admin.v1.ListApiKeysRequest;
import dev.prism.admin.v1.ListApiKeysResponse;
import dev.prism.admin.v1.RevokeApiKeyRequest;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism key}: API keys. */
@CommandLine.Command(
    name = "key",
    header = "Makes, lists and revokes API keys.",
    description = {
      "",
      "Example:",
      "  prism key create --namespace orders --name billing-service > billing.key",
      "  PRISM_API_KEY=$(cat billing.key) prism kv --namespace orders get greeting",
      ""
    },
    synopsisSubcommandLabel = "COMMAND")
final class KeyCommand {
  private KeyCommand() {}

  static CommandLine line(Console console) {
    return new CommandLine(new KeyCommand())
        .addSubcommand(new Create(console))
        .addSubcommand(new List(console))
        .addSubcommand(new Revoke(console));
  }

  @CommandLine.Command(
      name = "create",
      header = "Makes an API key and prints it. It is shown this once: Prism keeps a hash.",
      description = {
        "",
        "The key goes to standard output, alone; its id, by which it can be revoked, to standard error.",
        ""
      })
  static final class Create extends AdminCommand {
    @Option(
        names = "--name",
        paramLabel = "NAME",
        defaultValue = "cli",
        description = "What lists and logs call it (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Option(
        names = "--expires-in",
        paramLabel = "TIME",
        converter = Units.TimeConverter.class,
        description = "When it ends, such as 90d; default: never.")
    private @Nullable Duration expiresIn;

    Create(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      if (options.namespace().isEmpty()) {
        throw new UserError("say for which namespace: --namespace NAME ('*' for all)");
      }
      CreateApiKeyRequest.Builder create =
          CreateApiKeyRequest.newBuilder().addNamespaces(options.namespace()).setName(name);
      if (expiresIn != null) {
        Instant at = Instant.now().plus(expiresIn);
        create.setExpiresAt(Timestamp.newBuilder().setSeconds(at.getEpochSecond()));
      }
      try (Client client = Client.ofAdmin(options)) {
        CreateApiKeyResponse created = client.admin().createApiKey(create.build());
        if (options.json()) {
          sayJson(created);
        } else {
          say(created.getKey());
          console
              .err()
              .printf(
                  "prism: this is shown once; it is key %s of namespace %s%n",
                  created.getApiKey().getId(), options.namespace());
        }
      }
      return OK;
    }
  }

  @CommandLine.Command(
      name = "list",
      header = "Lists the API keys, without their secrets.",
      description = {"", "With --namespace, only those that may use that namespace.", ""})
  static final class List extends AdminCommand {
    List(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      Table table = new Table("ID", "NAME", "NAMESPACES", "CREATED", "STATE");
      try (Client client = Client.ofAdmin(options)) {
        sayPages(
            token ->
                client
                    .admin()
                    .listApiKeys(
                        ListApiKeysRequest.newBuilder()
                            .setNamespace(options.namespace())
                            .setPageToken(token)
                            .build()),
            ListApiKeysResponse::getNextPageToken,
            table,
            page -> page.getKeysList().forEach(key -> row(table, key)));
      }
      return OK;
    }

    private static void row(Table table, ApiKey key) {
      table.row(
          key.getId(),
          key.getName(),
          String.join(",", key.getNamespacesList()),
          Units.instant(key.getCreatedAt()),
          state(key, Instant.now()));
    }

    static String state(ApiKey key, Instant now) {
      if (key.hasRevokedAt()) {
        return "revoked " + Units.instant(key.getRevokedAt());
      }
      if (!key.hasExpiresAt()) {
        return "valid";
      }
      boolean over = key.getExpiresAt().getSeconds() <= now.getEpochSecond();
      return (over ? "expired " : "valid until ") + Units.instant(key.getExpiresAt());
    }
  }

  @CommandLine.Command(
      name = "revoke",
      header = "Ends an API key and every session that was opened with it.")
  static final class Revoke extends AdminCommand {
    @Parameters(paramLabel = "ID", description = "The key's id, as in 'key list'.")
    private String id = "";

    Revoke(Console console) {
      super(console);
    }

    @Override
    public Integer call() {
      try (Client client = Client.ofAdmin(options)) {
        boolean existed =
            client
                .admin()
                .revokeApiKey(RevokeApiKeyRequest.newBuilder().setId(id).build())
                .getExisted();
        if (!existed) {
          throw new UserError("there is no API key '" + id + "': ./prism key list shows them");
        }
        say("revoked " + id);
        return OK;
      }
    }
  }
}
