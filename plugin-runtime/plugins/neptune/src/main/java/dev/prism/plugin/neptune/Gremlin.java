package dev.prism.plugin.neptune;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.reader.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the graph over HTTP and reads the answers as they come, so that of an answer never more is
 * held than one vertex. Any thread.
 */
final class Gremlin implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gremlin.class);
  private static final Duration CONNECT = Duration.ofSeconds(2);

  /** How long what no caller waits for may take. */
  private static final long OWN_SECONDS = 5;

  /** How much of an error, or of an answer of which there was enough, is read to its end. */
  private static final int REST_BYTES = 64 << 10;

  private static final String TYPE = "application/json";
  private static final String ANSWER_TYPE = "application/vnd.gremlin-v3.0+json";

  private final NeptuneSettings settings;
  private final HttpClient http;
  private final InstantSource clock;

  /** Whether requests got through last: one is logged that does not, not each. */
  private volatile boolean reached = true;

  Gremlin(NeptuneSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
  }

  /** The deadline came, or the caller went, before the answer was whole. */
  static final class PatienceOverException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PatienceOverException() {
      super("patience is over", null, false, false);
    }
  }

  /** Takes the elements of an answer. */
  @FunctionalInterface
  interface Sink {
    /** Reads one from where {@code json} is; false: there is enough. */
    boolean take(JsonReader json) throws IOException;
  }

  /**
   * What came.
   *
   * @param elements how many were taken
   * @param bytes of the answer that were read, about
   * @param whole whether that was all of the answer
   */
  record Answered(long elements, long bytes, boolean whole) {}

  /** For what the plugin asks of its own. */
  static Patience patience() {
    return new Patience(System.nanoTime() + TimeUnit.SECONDS.toNanos(OWN_SECONDS));
  }

  /**
   * Asks for what a traversal gives.
   *
   * @param steps after {@code g.}, made of {@link Literals}
   * @throws PatienceOverException before the answer is whole
   */
  Answered ask(Consistency consistency, String steps, Patience patience, Sink sink) {
    URI replicas = settings.replicas();
    URI endpoint =
        replicas != null && consistency.level() == Consistency.Level.EVENTUAL
            ? replicas
            : settings.writer();
    long millis = Math.max(1, patience.leftMillis());
    HttpRequest request = request(endpoint, millis, steps);
    try {
      Answered answered = ask(request, patience, sink);
      reached = true;
      return answered;
    } catch (ConnectException | HttpTimeoutException e) {
      if (reached) {
        LOG.atWarn().addKeyValue("endpoint", endpoint).log("the graph is not reached");
      }
      reached = false;
      throw patience.isOver() ? new PatienceOverException() : Failures.unreachable();
    } catch (IOException e) {
      if (patience.isOver()) {
        throw new PatienceOverException();
      }
      LOG.atWarn()
          .addKeyValue("endpoint", endpoint)
          .addKeyValue("error", e.getClass().getSimpleName())
          .log("the graph's answer was lost");
      throw Failures.unreadable();
    }
  }

  private HttpRequest request(URI endpoint, long millis, String steps) {
    JsonObject query = new JsonObject();
    // The graph gives up when the caller does: it does not hear that the connection was closed.
    query.addProperty("gremlin", "g.with('evaluationTimeout'," + millis + ")." + steps);
    query.addProperty("language", "gremlin-lang");
    byte[] body = query.toString().getBytes(StandardCharsets.UTF_8);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint)
            .timeout(Duration.ofMillis(millis))
            .header("Content-Type", TYPE)
            .header("Accept", ANSWER_TYPE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    SigV4 signer = settings.signer();
    if (signer != null) {
      signer
          .sign("POST", endpoint, Map.of("Content-Type", List.of(TYPE)), body, clock.instant())
          .forEach(request::header);
    }
    return request.build();
  }

  private Answered ask(HttpRequest request, Patience patience, Sink sink) throws IOException {
    Exchange exchange = new Exchange();
    return patience.during(
        exchange::end,
        () -> {
          HttpResponse<InputStream> response = exchange.send(http, request, patience);
          try (InputStream body = exchange.opened(response.body())) {
            if (response.statusCode() != 200) {
              String code = code(body.readNBytes(REST_BYTES));
              LOG.atWarn()
                  .addKeyValue("endpoint", request.uri())
                  .addKeyValue("status", response.statusCode())
                  .addKeyValue("code", code)
                  .log("the graph refused a call");
              throw Failures.refused(response.statusCode(), code);
            }
            return read(body, sink);
          }
        });
  }

  /** One request on its way; any thread may end it. */
  private static final class Exchange {
    private boolean over;
    private @Nullable CompletableFuture<?> answer;
    private @Nullable InputStream body;

    HttpResponse<InputStream> send(HttpClient http, HttpRequest request, Patience patience)
        throws IOException {
      try {
        return send(http, request);
      } catch (ConnectException | HttpTimeoutException e) {
        throw e;
      } catch (IOException e) {
        if (patience.isOver()) {
          throw e;
        }
        // The server may have closed a connection that waited; what is asked may be asked twice.
        return send(http, request);
      }
    }

    private HttpResponse<InputStream> send(HttpClient http, HttpRequest request)
        throws IOException {
      CompletableFuture<HttpResponse<InputStream>> sent =
          http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
      started(sent);
      try {
        return sent.get();
      } catch (CancellationException e) {
        throw new PatienceOverException();
      } catch (InterruptedException e) {
        sent.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case IOException failure -> throw failure;
          case CancellationException _ -> throw new PatienceOverException();
          case null, default -> throw new IllegalStateException(e);
        }
      }
    }

    private synchronized void started(CompletableFuture<?> sent) {
      answer = sent;
      if (over) {
        sent.cancel(true);
      }
    }

    synchronized InputStream opened(InputStream stream) throws IOException {
      body = stream;
      if (over) {
        stream.close();
      }
      return stream;
    }

    synchronized void end() {
      over = true;
      if (answer != null) {
        answer.cancel(true);
      }
      if (body != null) {
        try {
          body.close();
        } catch (IOException e) {
          LOG.debug("an answer that nobody waits for", e);
        }
      }
    }
  }

  private static Answered read(InputStream body, Sink sink) throws IOException {
    Metered metered = new Metered(body);
    JsonReader json = new JsonReader(new InputStreamReader(metered, StandardCharsets.UTF_8));
    json.setStrictness(Strictness.STRICT);
    long elements = 0;
    boolean enough = false;
    try {
      json.beginObject();
      while (!json.nextName().equals("result")) {
        json.skipValue();
      }
      json.beginObject();
      while (!json.nextName().equals("data")) {
        json.skipValue();
      }
      json.beginObject();
      while (!json.nextName().equals("@value")) {
        json.skipValue();
      }
      json.beginArray();
      while (!enough && json.hasNext()) {
        metered.begin();
        enough = !sink.take(json);
        elements++;
      }
    } catch (IllegalStateException e) {
      throw new IOException("an answer of another form", e);
    }
    // A connection whose answer was read to its end is used again.
    metered.begin();
    boolean whole = !enough && !json.hasNext();
    body.readNBytes(REST_BYTES);
    return new Answered(elements, metered.bytes(), whole);
  }

  /** The name of an error, in either server's form; empty where there is none. */
  private static String code(byte[] error) {
    try {
      JsonElement json = JsonParser.parseString(new String(error, StandardCharsets.UTF_8));
      if (json instanceof JsonObject object) {
        for (String name : List.of("code", "Exception-Class")) {
          if (object.get(name) instanceof JsonPrimitive code) {
            return code.getAsString();
          }
        }
      }
    } catch (JsonParseException e) {
      LOG.debug("an error that is no JSON", e);
    }
    return "";
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
