package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.PublishResult;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.type.v1.Header;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
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
    Results results = new Results();
    ClientCallStreamObserver<PublishStreamRequest> requests =
        (ClientCallStreamObserver<PublishStreamRequest>) client.queueAsync().publishStream(results);
    InputStream in = new BufferedInputStream(console.in());
    Report report = new Report();
    ByteString line = nextLine(in);
    boolean first = true;
    while (line != null && !results.hasEnded()) {
      PublishStreamRequest.Builder request =
          PublishStreamRequest.newBuilder().setMessage(message(line));
      if (first) {
        request.setTopic(topic.name);
        first = false;
      }
      while (!requests.isReady() && !results.hasEnded()) {
        results.readied.acquire();
      }
      requests.onNext(request.build());
      report.take(results);
      line = nextLine(in);
    }
    if (first) {
      requests.cancel("nothing to publish", null);
      throw new UserError("standard input is empty: give a message, or one on each line");
    }
    requests.onCompleted();
    report.takeAll(results);
    console.err().println(report.rate.summary());
    return report.failed == 0 ? OK : FAILED;
  }

  /** The bytes up to the next line feed, or to the end; null at the end. */
  private static @Nullable ByteString nextLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    while (next >= 0 && next != '\n') {
      line.write(next);
      next = in.read();
    }
    return ByteString.copyFrom(line.toByteArray());
  }

  /** Tells of results, in the order of their lines. */
  private final class Report {
    final Rate rate = new Rate(console.err());
    private final JsonFormat.Printer json = JsonFormat.printer().omittingInsignificantWhitespace();
    private long line;
    private long failed;

    /** Tells of what has come. */
    void take(Results results) throws InvalidProtocolBufferException {
      Optional<PublishStreamResponse> response = results.responses.peek();
      while (response != null && response.isPresent()) {
        results.responses.remove();
        tell(response.get());
        response = results.responses.peek();
      }
    }

    /** Tells of all until the stream ends. */
    void takeAll(Results results) throws InvalidProtocolBufferException, InterruptedException {
      Optional<PublishStreamResponse> response = results.responses.take();
      while (response.isPresent()) {
        tell(response.get());
        response = results.responses.take();
      }
      StatusRuntimeException failure = results.failure;
      if (failure != null) {
        console.err().println(rate.summary() + " were acknowledged, then:");
        throw failure;
      }
    }

    private void tell(PublishStreamResponse response) throws InvalidProtocolBufferException {
      for (PublishResult result : response.getResultsList()) {
        line++;
        if (result.hasError()) {
          failed++;
          console.err().println("line " + line + ": " + Failures.brief(result.getError()));
        } else if (options.json()) {
          say(json.print(result.getSuccess()));
        }
        rate.add(result.hasError() ? 0 : 1);
      }
    }
  }

  /** What the stream answers, for the command's own thread. */
  private static final class Results
      implements ClientResponseObserver<PublishStreamRequest, PublishStreamResponse> {
    /** Responses, and nothing at the stream's end. */
    final BlockingQueue<Optional<PublishStreamResponse>> responses = new LinkedBlockingQueue<>();

    final Semaphore readied = new Semaphore(0);
    volatile @Nullable StatusRuntimeException failure;
    private volatile boolean ended;

    boolean hasEnded() {
      return ended;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<PublishStreamRequest> requests) {
      requests.setOnReadyHandler(readied::release);
    }

    @Override
    public void onNext(PublishStreamResponse response) {
      responses.add(Optional.of(response));
    }

    @Override
    public void onError(Throwable thrown) {
      failure =
          thrown instanceof StatusRuntimeException refused
              ? refused
              : io.grpc.Status.fromThrowable(thrown).asRuntimeException();
      onCompleted();
    }

    @Override
    public void onCompleted() {
      ended = true;
      responses.add(Optional.empty());
      readied.release();
    }
  }
}
