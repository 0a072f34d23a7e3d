package dev.prism.plugin.nats;

import static dev.prism.conformance.KeyValueFixture.await;
import static dev.prism.plugin.nats.Items.key;
import static dev.prism.plugin.nats.Items.put;
import static dev.prism.plugin.nats.Items.scan;
import static dev.prism.plugin.nats.Items.swap;
import static dev.prism.plugin.nats.Items.value;
import static dev.prism.plugin.nats.Items.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.KeyValueFixture;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.Reason;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.ServerProcess;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Buckets of three replicas: each of two stores is connected to a server of its own. */
@Tag("conformance")
class NatsReplicasTest {
  private static final int ROUNDS = 100;
  private static final int LAGS = 10;

  private static final List<NatsServer> SERVERS = new ArrayList<>();
  private static final List<String> NAMES = new ArrayList<>();
  private static NatsStore store;
  private static NatsStore other;
  private static boolean conditionsHold;

  @BeforeAll
  static void start() throws Exception {
    List<Integer> ports = IntStream.range(0, 3).map(_ -> ServerProcess.freePort()).boxed().toList();
    String routes =
        ports.stream()
            .map(port -> "\"nats://127.0.0.1:" + port + "\"")
            .collect(Collectors.joining(", "));
    for (int port : ports) {
      NAMES.add("s" + port);
      SERVERS.add(
          NatsServer.startOwn(
              """
              server_name: "s%d"
              cluster { name: "c", listen: "127.0.0.1:%d", routes: [%s] }
              """
                  .formatted(port, port, routes)));
    }
    store = store(SERVERS.get(0));
    other = store(SERVERS.get(1));
    await(
        "the servers have found each other",
        () -> write(store, put("first", "v")) instanceof WriteResult.Written);
    try (Connection client = Nats.connect(SERVERS.getFirst().url())) {
      conditionsHold = client.getServerInfo().isSameOrNewerThanVersion("2.10.0");
    }
  }

  /** The server of a copy of the bucket that neither leads it nor is the first store's. */
  private static NatsServer follower() throws Exception {
    try (Connection client = Nats.connect(SERVERS.getFirst().url())) {
      String leader =
          client
              .jetStreamManagement()
              .getStreamInfo(Bucket.of(Items.NAMESPACE, Items.COLLECTION).stream())
              .getClusterInfo()
              .getLeader();
      return SERVERS.get(leader.equals(NAMES.get(1)) ? 2 : 1);
    }
  }

  private static NatsStore store(NatsServer server) {
    NatsSettings settings =
        NatsSettings.of(PluginConfig.of(Map.of("NATS_URL", server.url(), "NATS_REPLICAS", "3")));
    return new NatsStore(new NatsLink(settings), settings, InstantSource.system());
  }

  @AfterAll
  static void stop() {
    store.close();
    other.close();
    SERVERS.forEach(NatsServer::close);
  }

  @Test
  void whatIsAcknowledgedIsReadAtOnceByAnotherProcess() {
    List<String> seen = new ArrayList<>();
    List<Key> listed = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      write(store, put("round", Integer.toString(round)));
      seen.add(value(other, "round"));
      write(store, put("listed-" + round, ""));
      listed.addAll(scan(other, null).stream().filter(key("listed-" + round)::equals).toList());
    }

    assertThat(seen).isEqualTo(IntStream.range(0, ROUNDS).mapToObj(Integer::toString).toList());
    assertThat(listed).hasSize(ROUNDS);
  }

  /** Writes what the server has not seen when it goes on. */
  private static void writeWithout(NatsServer server, Write last) {
    server.process().pause();
    for (int i = 0; i < 20; i++) {
      List<Write> puts =
          IntStream.range(0, 500).mapToObj(each -> put("filler-" + each, "v")).toList();
      store.write(Items.NAMESPACE, List.of(new Unit(puts, false, null)));
    }
    write(store, last);
    server.process().resume();
  }

  @Test
  void whatACopyDoesNotHaveYetIsRead() throws Exception {
    NatsServer behind = follower();
    List<String> seen = new ArrayList<>();
    try (NatsStore connected = store(behind)) {
      for (int round = 0; round < LAGS; round++) {
        value(connected, "behind");
        writeWithout(behind, put("behind", Integer.toString(round)));
        seen.add(value(connected, "behind"));
      }
    }

    assertThat(seen).isEqualTo(IntStream.range(0, LAGS).mapToObj(Integer::toString).toList());
  }

  @Test
  void whatACopyDoesNotHaveYetIsScanned() throws Exception {
    NatsServer behind = follower();
    List<Key> seen = new ArrayList<>();
    List<Key> written = IntStream.range(0, LAGS).mapToObj(round -> key("new-" + round)).toList();
    try (NatsStore connected = store(behind)) {
      for (Key key : written) {
        value(connected, "behind");
        writeWithout(behind, put(key, "v", Map.of()));
        seen.addAll(scan(connected, null).stream().filter(key::equals).toList());
      }
    }

    assertThat(seen).isEqualTo(written);
  }

  @Test
  void aConditionThatTheServerWouldNotHoldToIsRefused() {
    WriteResult result = write(store, swap("swapped", null, "v"));

    if (conditionsHold) {
      assertThat(result).isInstanceOf(WriteResult.Written.class);
    } else {
      KeyValueFixture.assertReason(
          Reason.CAPABILITY_UNSUPPORTED, ((WriteResult.Failed) result).status());
    }
  }
}
