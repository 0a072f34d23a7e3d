package dev.prism.proxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.config.v1.ClientConfig;
import dev.prism.control.v1.ApiKeyRecord;
import dev.prism.control.v1.ConfigRecord;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.link.CallHeader;
import dev.prism.proxy.config.Names;
import dev.prism.proxy.store.ControlStore.Entry;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlStoreTest {
  private final InProcessPlugins plugins = new InProcessPlugins("control");
  private final ControlStore store =
      new ControlStore(plugins.get("control"), Duration.ofSeconds(5));

  @AfterEach
  void close() {
    plugins.close();
  }

  @Test
  void aRecordIsThereUntilItIsRemoved() {
    store.put(Kind.CONFIGS, "default/a", config("a", "1"));
    store.put(Kind.CONFIGS, "default/a", config("a", "2"));
    assertThat(configs()).containsExactly(new Entry<>("default/a", config("a", "2")));

    store.delete(Kind.CONFIGS, "default/a");
    store.delete(Kind.CONFIGS, "default/a");

    assertThat(configs()).isEmpty();
  }

  @Test
  void kindsDoNotMix() {
    store.put(Kind.CONFIGS, "a", config("a", "1"));

    assertThat(store.list(Kind.API_KEYS, ApiKeyRecord.parser())).isEmpty();
    assertThat(store.list(Kind.SESSIONS, ConfigRecord.parser())).isEmpty();
  }

  @Test
  void manyRecordsComeInTheOrderOfTheirKeys() {
    for (int i = 2999; i >= 0; i--) {
      store.put(Kind.CONFIGS, String.format("default/c%04d", i), config("c" + i, "1"));
    }

    assertThat(configs()).hasSize(3000).extracting(Entry::key).isSorted();
  }

  @Test
  void noNamespaceOfAClientIsTheStoresOwn() {
    assertThat(Names.isValid(ControlStore.NAMESPACE)).isFalse();
  }

  @Test
  void anotherNamespaceSeesNothingOfIt() throws Exception {
    store.put(Kind.CONFIGS, "a", config("a", "1"));
    long now = System.nanoTime();
    CallHeader header =
        new CallHeader(1, "default", 0, 3, 0, now + 5_000_000_000L, now, "test", null);
    GetRequest get =
        GetRequest.newBuilder().setCollection("configs").setPartitionKey("all").setKey("a").build();

    byte[] answer = plugins.get("control").current().link().call(header, get.toByteArray());

    assertThat(answer).isEmpty();
  }

  @Test
  void aPluginThatDiedIsWaitedFor() throws Exception {
    plugins.get("control").kill();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch started = new CountDownLatch(1);
      Future<?> put =
          threads.submit(
              () -> {
                started.countDown();
                store.put(Kind.CONFIGS, "a", config("a", "1"));
              });
      started.await();

      plugins.get("control").restart();

      put.get();
    }
    assertThat(configs()).hasSize(1);
  }

  @Test
  void aPluginThatStaysAwayIsUnavailableAndMayBeTriedAgain() {
    ControlStore brief = new ControlStore(plugins.get("control"), Duration.ofMillis(50));
    plugins.get("control").kill();

    PrismException failure =
        catchThrowableOfType(
            PrismException.class, () -> brief.put(Kind.CONFIGS, "a", config("a", "1")));

    assertThat(failure.reason()).isEqualTo(Reason.PLUGIN_UNAVAILABLE);
    assertThat(failure.reason().retryable()).isTrue();
  }

  @Test
  void aFullBackendIsNotWorthTryingAgain() {
    // More than the plugin may hold.
    ConfigRecord large = config("x".repeat(15 << 20), "1");

    PrismException failure =
        catchThrowableOfType(
            PrismException.class,
            () -> {
              for (int i = 0; i < 5; i++) {
                store.put(Kind.CONFIGS, "large" + i, large);
              }
            });

    assertThat(failure.reason()).isEqualTo(Reason.BACKEND_FULL);
    assertThat(failure.reason().retryable()).isFalse();
  }

  @Test
  void aRecordThatCannotBeReadDoesNotHideTheOthers() {
    store.put(Kind.CONFIGS, "a", config("a", "1"));
    // A record of another shape: field 1 is no message there, but a number.
    store.put(
        Kind.CONFIGS,
        "b",
        com.google.protobuf.Struct.newBuilder()
            .putFields("x", com.google.protobuf.Value.newBuilder().setBoolValue(true).build())
            .build());
    store.put(Kind.CONFIGS, "c", config("c", "1"));

    assertThat(configs()).extracting(Entry::key).contains("a", "c");
  }

  private List<Entry<ConfigRecord>> configs() {
    return store.list(Kind.CONFIGS, ConfigRecord.parser());
  }

  private static ConfigRecord config(String name, String version) {
    return ConfigRecord.newBuilder()
        .setConfig(ClientConfig.newBuilder().setName(name).setVersion(version))
        .build();
  }
}
