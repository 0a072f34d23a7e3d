package dev.prism.plugin.dynamodb;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands between the driver and the server: passes requests on, keeps them, and does to some what
 * it was told.
 */
final class Interposed implements AutoCloseable {
  private final URI server;
  private final HttpServer listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, Queue<Fault>> faults = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /** A request: the operation's name and what it says. */
  record Request(String operation, String body) {}

  /** What is done to a request. */
  sealed interface Fault {
    /** It is carried out, and the connection ends without an answer. */
    record LostAnswer() implements Fault {}

    /** It is not carried out, and answered with an error of DynamoDB's. */
    record Error(int status, String code) implements Fault {}

    /**
     * A transaction is not carried out, and answered with a reason for each of its items, the codes
     * and messages in pairs.
     */
    record Cancelled(String... reasons) implements Fault {
      String body() {
        StringJoiner all = new StringJoiner(",", "[", "]");
        for (int i = 0; i < reasons.length; i += 2) {
          all.add("{\"Code\":\"%s\",\"Message\":\"%s\"}".formatted(reasons[i], reasons[i + 1]));
        }
        return "{\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionCanceledException\","
            + "\"message\":\"no\",\"CancellationReasons\":"
            + all
            + "}";
      }
    }

    /** Nothing of a batch is carried out: all of it comes back as unprocessed. */
    record Unprocessed() implements Fault {}

    /** It is not carried out, and answered with this. */
    record Answer(String body) implements Fault {}

    /** This is done first; then it goes on as any other. */
    record First(Runnable what) implements Fault {}

    /** This is done, and it is never answered. */
    record Silence(Runnable what) implements Fault {}
  }

  Interposed(String server) {
    this.server = URI.create(server);
    try {
      listener = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    listener.setExecutor(threads);
    listener.createContext("/", this::handle);
    listener.start();
  }

  String url() {
    return "http://127.0.0.1:" + listener.getAddress().getPort();
  }

  /** Does this to the next requests of an operation, one each. */
  void next(String operation, Fault... what) {
    faults.computeIfAbsent(operation, _ -> new ConcurrentLinkedQueue<>()).addAll(List.of(what));
  }

  /** What was asked for so far, of one operation. */
  List<Request> requests(String operation) {
    return requests.stream().filter(each -> each.operation().equals(operation)).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      String operation = target.substring(target.indexOf('.') + 1);
      byte[] body = exchange.getRequestBody().readAllBytes();
      requests.add(new Request(operation, new String(body, StandardCharsets.UTF_8)));
      Queue<Fault> waiting = faults.get(operation);
      Fault fault = waiting == null ? null : waiting.poll();
      switch (fault) {
        case Fault.LostAnswer _ -> pass(exchange, target, body); // closed without an answer
        case Fault.Error(int status, String code) ->
            answer(
                exchange,
                status,
                "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"no\"}"
                    .formatted(code)
                    .getBytes(StandardCharsets.UTF_8));
        case Fault.Cancelled cancelled ->
            answer(exchange, 400, cancelled.body().getBytes(StandardCharsets.UTF_8));
        case Fault.Unprocessed _ -> {
          String items = new String(body, StandardCharsets.UTF_8);
          answer(
              exchange,
              200,
              items
                  .replaceFirst("RequestItems", "UnprocessedItems")
                  .getBytes(StandardCharsets.UTF_8));
        }
        case Fault.Answer(String text) ->
            answer(exchange, 200, text.getBytes(StandardCharsets.UTF_8));
        case Fault.First(Runnable what) -> {
          what.run();
          passOn(exchange, target, body);
        }
        case Fault.Silence(Runnable what) -> {
          what.run();
          closed.await();
        }
        case null -> passOn(exchange, target, body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void passOn(HttpExchange exchange, String target, byte[] body) throws IOException {
    HttpResponse<byte[]> answer = pass(exchange, target, body);
    answer(exchange, answer.statusCode(), answer.body());
  }

  private HttpResponse<byte[]> pass(HttpExchange exchange, String target, byte[] body)
      throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(server)
              .header("X-Amz-Target", target)
              .header("Content-Type", "application/x-amz-json-1.0")
              .header("Authorization", exchange.getRequestHeaders().getFirst("Authorization"))
              .header("X-Amz-Date", exchange.getRequestHeaders().getFirst("X-Amz-Date"))
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    closed.countDown();
    listener.stop(0);
    threads.close();
    http.close();
  }
}
