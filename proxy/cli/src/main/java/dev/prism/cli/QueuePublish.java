package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.type.v1.Header;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism queue publish}. */
@picocli.CommandLine.Command(
    name = "publish",
    header = "Writes one message, or each line of standard input as a message.",
    description = {
      "",
      "One message given as an argument: prints its id. Without one, each line of standard input is a",
      "message, many in flight at once; says at the end how many there were. Exit status 0 says that the",
      "backend has all of them; a line that was refused is named on standard error.",
      "",
      "Examples:",
      "  prism queue publish orders '{\"id\": 7}' --key customer-3",
      "  prism queue publish reminders 'call back' --delay 30m",
      "  seq 1000000 | prism queue publish numbers",
      ""
    })
final class QueuePublish extends Command {
  @Mixin private QueueCommand.TopicParameter topic = new QueueCommand.TopicParameter();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "MESSAGE",
      description = "The message as text, or - for all of standard input as one message.")
  private @Nullable String text;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "Orders the message among those of the same key.")
  private String key = "";

  @Option(
      names = "--header",
      paramLabel = "NAME=TEXT",
      description = "Kept with the message; may be repeated.")
  private Map<String, String> headers = new LinkedHashMap<>();

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "Deliver it no sooner than after this time, such as 30m; at most 30d.")
  private @Nullable Duration delay;

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "The same key again writes nothing and prints the first id; for one message.")
  private String idempotencyKey = "";

  QueuePublish(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (text == null && !idempotencyKey.isEmpty()) {
      throw new UserError("--idempotency-key is for one message: write it after the topic");
    }
    try (Client client = Client.of(options, QueueCommand.CONFIG)) {
      return text == null ? lines(client) : one(client, text);
    }
  }

  private int one(Client client, String given) throws IOException {
    ByteString payload =
        given.equals("-") ? ByteString.readFrom(console.in()) : ByteString.copyFromUtf8(given);
    PublishResponse published =
        client
            .queue()
            .publish(
                PublishRequest.newBuilder()
                    .setTopic(topic.name)
                    .setMessage(message(payload))
                    .setIdempotencyKey(idempotencyKey)
                    .build());
    if (options.json()) {
      sayJson(published);
    } else {
      say(published.getMessageId());
    }
    return OK;
  }

  private Message message(ByteString payload) {
    Message.Builder message =
        Message.newBuilder().setKey(ByteString.copyFromUtf8(key)).setPayload(payload);
    headers.forEach(
        (name, value) ->
            message.addHeaders(
                Header.newBuilder().setName(name).setValue(ByteString.copyFromUtf8(value))));
    if (delay != null) {
      Instant at = Instant.now().plus(delay);
      message.setDeliverAt(
          Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()));
    }
    return message.build();
  }

  private int lines(Client client) throws IOException, InterruptedException {
    return new LineStream<PublishStreamRequest, PublishStreamResponse>(
            console, options.json(), "message")
        .send(
            client.queueAsync()::publishStream,
            (line, number) -> {
              PublishStreamRequest.Builder request =
                  PublishStreamRequest.newBuilder().setMessage(message(line));
              if (number == 1) {
                request.setTopic(topic.name);
              }
              return request.build();
            },
            response ->
                response.getResultsList().stream()
                    .map(
                        each ->
                            each.hasError()
                                ? new LineStream.Result(each.getError(), each)
                                : new LineStream.Result(null, each.getSuccess()))
                    .toList());
  }
}
