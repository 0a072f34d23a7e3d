package dev.prism.plugin.neptune;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Stands where a graph would, and says what a test wants. */
final class StubGraph implements AutoCloseable {
  /** Answers a request; its body has been read. */
  @FunctionalInterface
  interface Answering {
    void answer(HttpExchange exchange, String body) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> bodies = new CopyOnWriteArrayList<>();

  StubGraph(Answering answering) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext(
        "/gremlin",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          bodies.add(body);
          answering.answer(exchange, body);
        });
    server.start();
  }

  /** One that answers each request with the same. */
  static StubGraph saying(int status, String body) {
    return new StubGraph((exchange, _) -> say(exchange, status, body));
  }

  /** One that answers with these elements, in GraphSON. */
  static StubGraph giving(String elements) {
    return saying(200, answer(elements));
  }

  static String answer(String elements) {
    return "{\"requestId\":\"x\",\"status\":{\"message\":\"\",\"code\":200,\"attributes\":{\"@type\":\"g:Map\",\"@value\":[]}},"
        + "\"result\":{\"data\":{\"@type\":\"g:List\",\"@value\":["
        + elements
        + "]},\"meta\":{\"@type\":\"g:Map\",\"@value\":[]}}}";
  }

  static void say(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What was asked, in order. */
  List<String> bodies() {
    return bodies;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
