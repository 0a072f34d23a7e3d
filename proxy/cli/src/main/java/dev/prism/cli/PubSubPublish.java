package dev.prism.cli;

import com.google.protobuf.ByteString;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.PublishRequest;
import dev.prism.pubsub.v1.PublishStreamRequest;
import dev.prism.pubsub.v1.PublishStreamResponse;
import dev.prism.type.v1.Header;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prism pubsub publish}. */
@picocli.CommandLine.Command(
    name = "publish",
    header = "Sends one event, or each line of standard input as an event.",
    description = {
      "",
      "Exit status 0 says that the backend has taken them, whoever listens. Without EVENT each line of",
      "standard input is one, many in flight at once; a line that was refused is named on standard error.",
      "",
      "Examples:",
      "  prism pubsub publish orders.eu.created '{\"id\": 7}' --header source=shop",
      "  prism pubsub publish questions 'how many?' --reply-to answers --correlation-id 7",
      "  tail -f app.log | prism pubsub publish logs.app",
      ""
    })
final class PubSubPublish extends Command {
  @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "EVENT",
      description = "The event as text, or - for all of standard input as one event.")
  private @Nullable String text;

  @Option(
      names = "--header",
      paramLabel = "NAME=TEXT",
      description = "Goes with the event; may be repeated.")
  private Map<String, String> headers = new LinkedHashMap<>();

  @Option(
      names = "--correlation-id",
      paramLabel = "ID",
      defaultValue = "",
      description = "Joins a reply to what it answers.")
  private String correlationId = "";

  @Option(
      names = "--reply-to",
      paramLabel = "TOPIC",
      defaultValue = "",
      description = "Where a reply is awaited.")
  private String replyTo = "";

  PubSubPublish(Console console) {
    super(console);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Client client = Client.of(options, PubSubCommand.CONFIG)) {
      if (text == null) {
        return lines(client);
      }
      ByteString payload =
          text.equals("-") ? ByteString.readFrom(console.in()) : ByteString.copyFromUtf8(text);
      client
          .pubSub()
          .publish(PublishRequest.newBuilder().setTopic(topic).setEvent(event(payload)).build());
      return OK;
    }
  }

  private int lines(Client client) throws IOException, InterruptedException {
    return new LineStream<PublishStreamRequest, PublishStreamResponse>(console, false, "event")
        .send(
            client.pubSubAsync()::publishStream,
            (line, number) ->
                PublishStreamRequest.newBuilder().setTopic(topic).setEvent(event(line)).build(),
            response ->
                response.getResultsList().stream()
                    .map(
                        each ->
                            new LineStream.Result(
                                each.hasError() ? each.getError() : null, each.getSuccess()))
                    .toList());
  }

  private Event event(ByteString payload) {
    Event.Builder event =
        Event.newBuilder().setPayload(payload).setCorrelationId(correlationId).setReplyTo(replyTo);
    headers.forEach(
        (name, value) ->
            event.addHeaders(
                Header.newBuilder().setName(name).setValue(ByteString.copyFromUtf8(value))));
    return event.build();
  }
}
