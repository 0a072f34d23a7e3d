package dev.prism.link;

import static dev.prism.link.PluginProcess.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("conformance")
class ShmLinkTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static PluginProcess plugin;

  @BeforeAll
  static void start() throws Exception {
    plugin = PluginProcess.start(PluginProcess.CONFIG);
  }

  @AfterAll
  static void stop() throws Exception {
    plugin.close();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 1024, 1025, 16383, 16384, 16385, 65536, 1 << 20, 16 << 20})
  void aBodyComesBackExactly(int length) throws Exception {
    byte[] body = random(length);

    byte[] answer = plugin.link.call(header(TestPlugin.ECHO, LONG), body);

    assertThat(answer).isEqualTo(body);
  }

  @Test
  void manyCallersAtOnceEachGetTheirOwnAnswer() throws Exception {
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int caller = 0; caller < 64; caller++) {
        int seed = caller;
        results.add(
            callers.submit(
                () -> {
                  int wrong = 0;
                  Random random = new Random(seed);
                  for (int i = 0; i < 500; i++) {
                    byte[] body = new byte[random.nextInt(3000)];
                    random.nextBytes(body);
                    byte[] answer = plugin.link.call(header(TestPlugin.ECHO, LONG), body);
                    wrong += java.util.Arrays.equals(answer, body) ? 0 : 1;
                  }
                  return wrong;
                }));
      }

      for (Future<Integer> result : results) {
        assertThat(result.get()).isZero();
      }
    }
  }

  @Test
  void aStatusComesBackWhole() {
    assertThatThrownBy(() -> plugin.link.call(header(TestPlugin.FAIL, LONG), new byte[200]))
        .isInstanceOfSatisfying(
            LinkException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(LinkException.Kind.REMOTE);
              assertThat(e.status().getMessage()).isEqualTo("x".repeat(200));
            });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 300, 16384, 300_000})
  void aStreamDeliversEveryMessageInOrder(int size) throws Exception {
    int messages = 200;
    byte[] request = ByteBuffer.allocate(8).putInt(messages).putInt(size).array();
    try (Exchange stream = plugin.link.open(header(TestPlugin.COUNT, LONG), request)) {
      for (int i = 0; i < messages; i++) {
        byte[] message = stream.receive();
        assertThat(message).hasSize(size);
        assertThat(message[0]).isEqualTo((byte) i);
      }
      assertThat(stream.receive()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000, 200_000})
  void bothEndsOfAStreamCanTalk(int size) throws Exception {
    try (Exchange stream = plugin.link.open(header(TestPlugin.CHAT, LONG), random(size))) {
      assertThat(stream.receive()).isEqualTo(random(size));
      for (int i = 0; i < 100; i++) {
        byte[] message = random(size + i);
        stream.send(message);
        assertThat(stream.receive()).isEqualTo(message);
      }
      stream.halfClose();
      assertThat(stream.receive()).isNull();
    }
  }

  @Test
  void nobodyElseCanOpenTheMemoryOnceThePluginHasCome() {
    assertThatThrownBy(
            () -> SharedMemory.open(plugin.descriptor, LinkMemory.SMALLEST, LinkMemory.LARGEST))
        .isInstanceOf(IOException.class);
  }

  @Test
  void nothingIsHeldAfterwards() throws Exception {
    byte[] answer = plugin.link.call(header(TestPlugin.ECHO, LONG), new byte[1 << 20]);

    assertThat(answer).hasSize(1 << 20);
    PluginProcess.await(() -> plugin.link.stats().inFlight() == 0);
    assertThat(PluginProcess.BUDGET.used()).isZero();
  }
}
