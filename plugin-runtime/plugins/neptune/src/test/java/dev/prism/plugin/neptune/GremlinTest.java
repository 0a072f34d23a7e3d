package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Consistency.Level;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.ServerProcess;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of calls when the graph does not do as it should. */
class GremlinTest {
  private static final String SECRET_TEXT = "the server's own words";

  private static NeptuneReader reader(String writer, String... more) {
    Map<String, String> variables = new HashMap<>(Map.of("NEPTUNE_ENDPOINT", writer));
    for (int i = 0; i < more.length; i += 2) {
      variables.put(more[i], more[i + 1]);
    }
    return new NeptuneReader(NeptuneSettings.of(PluginConfig.of(variables)));
  }

  private static Chunk read(NeptuneReader reader, Level level, Patience patience) {
    Table table = reader.table("default", "t");
    return reader.read(
        "default",
        new Consistency(level, 0),
        new Query(table, List.of(), null, List.of()),
        null,
        new PageSize(10, 1 << 20),
        patience);
  }

  private static String vertex(String id) {
    return "{\"@type\":\"g:Map\",\"@value\":[\"i\",\"%s\",\"v\",{\"@type\":\"g:Map\",\"@value\":[]}]}"
        .formatted(id);
  }

  private static void assertFails(Reason reason, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(PrismException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageNotContaining(SECRET_TEXT);
  }

  @ParameterizedTest
  @CsvSource({
    "500, TimeLimitExceededException, DEADLINE_EXCEEDED",
    "500, ConcurrentModificationException, TRANSACTION_CONFLICT",
    "500, MemoryLimitExceededException, OVERLOADED",
    "500, QueryLimitExceededException, OVERLOADED",
    "429, ThrottlingException, OVERLOADED",
    "429, '', OVERLOADED",
    "400, ReadOnlyViolationException, BACKEND_UNAVAILABLE",
    "403, AccessDeniedException, BACKEND_UNAVAILABLE",
    "500, InternalFailureException, BACKEND_UNAVAILABLE",
    "503, '', BACKEND_UNAVAILABLE",
    "400, MalformedQueryException, INTERNAL",
    "400, '', INTERNAL",
  })
  void whatNeptuneRefusesHasAReason(int status, String code, Reason reason) {
    String body =
        "{\"requestId\":\"x\",\"code\":\"%s\",\"detailedMessage\":\"%s\"}"
            .formatted(code, SECRET_TEXT);
    try (StubGraph graph = StubGraph.saying(status, body);
        NeptuneReader reader = reader(graph.url())) {
      assertFails(reason, () -> read(reader, Level.STRONG, Gremlin.patience()));
    }
  }

  @Test
  void whatGremlinServerRefusesHasAReasonToo() {
    String body =
        "{\"message\":\"%s\",\"Exception-Class\":\"java.util.concurrent.TimeoutException\"}"
            .formatted(SECRET_TEXT);
    try (StubGraph graph = StubGraph.saying(500, body);
        NeptuneReader reader = reader(graph.url())) {
      assertFails(Reason.DEADLINE_EXCEEDED, () -> read(reader, Level.STRONG, Gremlin.patience()));
    }
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    try (NeptuneReader reader = reader("http://127.0.0.1:" + ServerProcess.freePort())) {
      assertFails(Reason.BACKEND_UNAVAILABLE, reader::ping);
      assertFails(Reason.BACKEND_UNAVAILABLE, () -> read(reader, Level.STRONG, Gremlin.patience()));
    }
  }

  @Test
  void anAnswerThatBreaksOffIsUnavailable() {
    String whole = StubGraph.answer(vertex("a") + "," + vertex("b"));
    for (String body :
        List.of(whole.substring(0, whole.length() / 2), "", "[]", "{}", "<html></html>", "null")) {
      try (StubGraph graph = StubGraph.saying(200, body);
          NeptuneReader reader = reader(graph.url())) {
        assertFails(
            Reason.BACKEND_UNAVAILABLE, () -> read(reader, Level.STRONG, Gremlin.patience()));
      }
    }
  }

  @Test
  void aConnectionThatWasClosedMeanwhileIsReplaced() {
    AtomicInteger requests = new AtomicInteger();
    try (StubGraph graph =
            new StubGraph(
                (exchange, _) -> {
                  if (requests.incrementAndGet() == 2) {
                    exchange.close(); // without an answer
                  } else {
                    StubGraph.say(exchange, 200, StubGraph.answer(vertex("a")));
                  }
                });
        NeptuneReader reader = reader(graph.url())) {
      read(reader, Level.STRONG, Gremlin.patience());

      Chunk second = read(reader, Level.STRONG, Gremlin.patience());

      assertThat(second.rows()).hasSize(1);
      assertThat(requests).hasValue(3);
    }
  }

  @Test
  void aReadThatMayBeOlderGoesToTheReplicas() {
    try (StubGraph writer = StubGraph.giving(vertex("a"));
        StubGraph replicas = StubGraph.giving(vertex("a"));
        NeptuneReader reader = reader(writer.url(), "NEPTUNE_READER_ENDPOINT", replicas.url())) {
      read(reader, Level.EVENTUAL, Gremlin.patience());
      assertThat(replicas.bodies()).hasSize(1);
      assertThat(writer.bodies()).isEmpty();

      read(reader, Level.STRONG, Gremlin.patience());
      read(reader, Level.BOUNDED_STALENESS, Gremlin.patience());
      assertThat(replicas.bodies()).hasSize(1);
      assertThat(writer.bodies()).hasSize(2);
    }
  }

  @Test
  void aReadEndsWithItsPatienceThoughTheGraphSaysNothing() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Patience patience = Gremlin.patience();
    try (StubGraph graph =
            new StubGraph(
                (exchange, _) -> {
                  asked.countDown();
                  await(end);
                  exchange.close();
                });
        NeptuneReader reader = reader(graph.url())) {
      Thread ending =
          Thread.startVirtualThread(
              () -> {
                await(asked);
                patience.end();
              });

      Chunk chunk = read(reader, Level.STRONG, patience);

      assertThat(chunk.end()).isEqualTo(Chunk.End.PATIENCE);
      assertThat(chunk.rows()).isEmpty();
      ending.join();
      end.countDown();
    }
  }

  @Test
  void whatCameBeforePatienceEndedIsAnswered() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Patience patience = Gremlin.patience();
    String answer = StubGraph.answer(vertex("a") + "," + vertex("b".repeat(20_000)));
    try (StubGraph graph =
            new StubGraph(
                (exchange, _) -> {
                  byte[] bytes = answer.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                  exchange.sendResponseHeaders(200, bytes.length);
                  exchange.getResponseBody().write(bytes, 0, bytes.length - 5000);
                  exchange.getResponseBody().flush();
                  patience.end();
                  await(end);
                  exchange.close();
                });
        NeptuneReader reader = reader(graph.url())) {
      Thread again =
          Thread.startVirtualThread(
              () -> {
                // As the runtime does: said until the read returns.
                while (end.getCount() > 0) {
                  patience.end();
                  Thread.onSpinWait();
                }
              });

      Chunk chunk = read(reader, Level.STRONG, patience);

      end.countDown();
      again.join();
      assertThat(chunk.end()).isEqualTo(Chunk.End.PATIENCE);
      assertThat(chunk.rows().size()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void theGraphIsToldHowLongItHas() {
    try (StubGraph graph = StubGraph.giving(vertex("a"));
        NeptuneReader reader = reader(graph.url())) {
      read(reader, Level.STRONG, Gremlin.patience());

      assertThat(
              JsonParser.parseString(graph.bodies().getFirst())
                  .getAsJsonObject()
                  .get("gremlin")
                  .getAsString())
          .matches("g\\.with\\('evaluationTimeout',(4[0-9]{3}|5000)\\)\\.V\\(\\).*");
    }
  }

  @Test
  void aVertexThatIsLargerThanAMessageIsRefused() {
    try (StubGraph graph = StubGraph.giving(vertex("x".repeat(25 << 20)));
        NeptuneReader reader = reader(graph.url())) {
      assertFails(Reason.MESSAGE_TOO_LARGE, () -> read(reader, Level.STRONG, Gremlin.patience()));
    }
  }

  @Test
  void anAnswerThatIsLargerThanWasExpectedIsFetchedInParts() {
    // Given a graph that has four vertices of 3 MiB, and answers what it is asked for
    try (StubGraph graph =
            new StubGraph(
                (exchange, body) -> {
                  boolean all = body.contains("valueMap()");
                  StringBuilder elements = new StringBuilder();
                  for (String id : List.of("a", "b", "c", "d")) {
                    if (!body.contains(".V(\\u0027") && !body.contains(".V('")
                        || body.contains("'" + id + "'")
                        || body.contains("\\u0027" + id + "\\u0027")) {
                      String value = all ? "x".repeat(3 << 20) : "";
                      elements
                          .append(elements.isEmpty() ? "" : ",")
                          .append(
                              "{\"@type\":\"g:Map\",\"@value\":[\"i\",\"%s\",\"v\",{\"@type\":\"g:Map\",\"@value\":[\"v\",{\"@type\":\"g:List\",\"@value\":[\"%s\"]}]}]}"
                                  .formatted(id, value));
                    }
                  }
                  StubGraph.say(exchange, 200, StubGraph.answer(elements.toString()));
                });
        NeptuneReader reader = reader(graph.url())) {
      Table table = reader.table("default", "t");

      Chunk chunk =
          reader.read(
              "default",
              Consistency.STRONG,
              new Query(table, List.of(), null, List.of(new Order(Vertex.ID, true))),
              null,
              new PageSize(10, 64 << 20),
              Gremlin.patience());

      assertThat(chunk.rows().stream().map(row -> row.getFirst().getStringValue()))
          .containsExactly("d", "c", "b", "a");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
