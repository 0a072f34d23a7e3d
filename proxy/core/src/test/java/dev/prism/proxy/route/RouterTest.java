package dev.prism.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Timestamp;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.gate.Admitted;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.pubsub.v1.ListSubscriptionsResponse;
import dev.prism.pubsub.v1.SubscriptionInfo;
import dev.prism.pubsub.v1.UnsubscribeResponse;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import dev.prism.sdk.queue.Receipt;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.AckSuccess;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which of several processes a call goes to. */
class RouterTest {
  private static final MethodTable METHODS = MethodTable.ofContract();
  private static final Set<PluginRole> PUBLISHER = Set.of(PluginRole.PLUGIN_ROLE_PUBLISHER);
  private static final Set<PluginRole> CONSUMER = Set.of(PluginRole.PLUGIN_ROLE_CONSUMER);
  private static final String PUBLISH = "prism.queue.v1.QueueService/Publish";
  private static final String INFO = "prism.queue.v1.QueueService/GetTopicInfo";
  private static final String SUBSCRIBE = "prism.queue.v1.QueueService/Subscribe";
  private static final String ACKNOWLEDGE = "prism.queue.v1.QueueService/Acknowledge";
  private static final String UNSUBSCRIBE = "prism.pubsub.v1.PubSubService/Unsubscribe";
  private static final String LIST = "prism.pubsub.v1.PubSubService/ListSubscriptions";

  @Test
  void eachMethodGoesToAProcessThatPlaysItsRole() throws Exception {
    Router router = router(new FakePlugin(0, PUBLISHER), new FakePlugin(1, CONSUMER));

    assertThat(calls(router, PUBLISH, 4)).containsOnly(0);
    assertThat(calls(router, INFO, 4)).containsOnly(1);
  }

  @Test
  void aMethodThatNoProcessIsThereForIsRefused() {
    Router router = router(new FakePlugin(0, PUBLISHER));

    PrismException refusal =
        catchThrowableOfType(PrismException.class, () -> router.call(passage(INFO, new byte[0])));

    assertThat(refusal.reason()).isEqualTo(Reason.METHOD_UNIMPLEMENTED);
  }

  @Test
  void processesOfARoleTakeTurns() throws Exception {
    Router router = router(new FakePlugin(0), new FakePlugin(1), new FakePlugin(2));

    assertThat(calls(router, PUBLISH, 6)).containsExactlyInAnyOrder(0, 0, 1, 1, 2, 2);
  }

  @Test
  void aProcessThatIsDownOrNotReadyIsPassedOver() throws Exception {
    FakePlugin down = new FakePlugin(0);
    FakePlugin notReady = new FakePlugin(1);
    down.up = false;
    notReady.ready = false;

    assertThat(calls(router(down, notReady, new FakePlugin(2)), PUBLISH, 5)).containsOnly(2);
  }

  @Test
  void whereNoneIsReadyOneThatRunsIsAsked() throws Exception {
    FakePlugin down = new FakePlugin(0);
    FakePlugin notReady = new FakePlugin(1);
    down.up = false;
    notReady.ready = false;

    assertThat(calls(router(down, notReady), PUBLISH, 3)).containsOnly(1);
  }

  @Test
  void aCallThatWasNotSentGoesToTheNextProcess() throws Exception {
    // Given a process whose end nobody has seen yet
    FakePlugin ended = new FakePlugin(0);
    ended.failure = new LinkException(LinkException.Kind.DOWN, "gone");
    Router router = router(ended, new FakePlugin(1));

    // When
    List<Integer> answers = calls(router, PUBLISH, 4);

    // Then
    assertThat(answers).containsOnly(1);
    assertThat(ended.requests).isEmpty();
  }

  @Test
  void aWriteThatMayHaveBeenCarriedOutIsNotSentToAnother() {
    FakePlugin dying = new FakePlugin(0, PUBLISHER);
    dying.failure = new LinkException(LinkException.Kind.PEER_DIED, "gone");
    FakePlugin other = new FakePlugin(1, PUBLISHER);
    dying.ready = true;
    Router router = router(dying, other);

    List<CallFailedException> failures = new ArrayList<>();
    for (int i = 0; i < 2; i++) { // one of them is the dying one's turn
      CallFailedException failure =
          catchThrowableOfType(
              CallFailedException.class, () -> router.call(passage(PUBLISH, new byte[0])));
      if (failure != null) {
        failures.add(failure);
      }
    }

    assertThat(failures).hasSize(1);
    assertThat(other.requests).hasSize(1);
  }

  @Test
  void allProcessesDownIsToldAtOnceWhereNoneWillCome() {
    FakePlugin first = new FakePlugin(0);
    FakePlugin second = new FakePlugin(1);
    first.up = false;
    second.up = false;
    Router router = router(first, second);

    PrismException refusal =
        catchThrowableOfType(
            PrismException.class, () -> router.call(passage(PUBLISH, new byte[0])));

    assertThat(refusal.reason()).isEqualTo(Reason.PLUGIN_UNAVAILABLE);
  }

  @Test
  void aStreamGoesToTheProcessThatHasFewestUntilItIsClosed() throws Exception {
    // Given
    FakePlugin first = new FakePlugin(0);
    FakePlugin second = new FakePlugin(1);
    Router router = router(first, second);
    List<Exchange> open = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      calls(router, INFO, 1); // turns of calls do not count for streams
      open.add(router.open(passage(SUBSCRIBE, new byte[0])));
    }
    int before = first.opened;
    open.stream()
        .filter(stream -> ((CountedStream) stream).target().plugin() == first)
        .forEach(Exchange::close);

    // When
    for (int i = 0; i < 3; i++) {
      open.add(router.open(passage(SUBSCRIBE, new byte[0])));
    }

    // Then
    assertThat(before).isEqualTo(3);
    assertThat(first.opened).isEqualTo(6);
    assertThat(second.opened).isEqualTo(3);
  }

  @Test
  void acknowledgementsGoToTheProcessesThatHaveTheirStreams() throws Exception {
    // Given
    FakePlugin first = acknowledging(0);
    FakePlugin second = acknowledging(1);
    Router router = router(first, second);
    List<String> receipts = List.of(receipt(1, "g"), receipt(0, "g"), "none", receipt(1, "g"));

    // When
    AcknowledgeResponse response = acknowledge(router, receipts);

    // Then
    assertThat(response.getResultsList()).extracting(AckResult::getReceipt).isEqualTo(receipts);
    assertThat(acked(first)).contains(receipts.get(1)).doesNotContain(receipts.get(0));
    assertThat(acked(second)).contains(receipts.get(0), receipts.get(3));
  }

  @Test
  void aRequestOfOneProcessesReceiptsIsNotDivided() throws Exception {
    // Given
    FakePlugin first = acknowledging(0);
    FakePlugin second = acknowledging(1);

    // When
    acknowledge(router(first, second), List.of(receipt(1, "g"), receipt(1, "")));

    // Then
    assertThat(first.requests).isEmpty();
    assertThat(second.requests).hasSize(1);
  }

  @Test
  void aProcessThatCannotTakeItsPartFailsThatPartOnly() throws Exception {
    // Given
    FakePlugin first = acknowledging(0);
    FakePlugin second = acknowledging(1);
    second.failure = new LinkException(LinkException.Kind.FULL, "full");

    // When
    AcknowledgeResponse response =
        acknowledge(router(first, second), List.of(receipt(0, "g"), receipt(1, "g")));

    // Then
    assertThat(response.getResults(0).hasSuccess()).isTrue();
    assertThat(response.getResults(1).hasError()).isTrue();
  }

  @Test
  void theReceiptsOfAProcessThatHasGoneAreAnotherOnesToTakeOrRefuse() throws Exception {
    FakePlugin gone = acknowledging(0);
    FakePlugin there = acknowledging(1);
    gone.up = false;

    acknowledge(router(gone, there), List.of(receipt(0, "g")));

    assertThat(acked(there)).containsExactly(receipt(0, "g"));
  }

  @Test
  void whatIsAskedOfSubscriptionsIsAskedOfAllThatRunAndAnsweredAsOne() throws Exception {
    // Given
    FakePlugin first = new FakePlugin(0);
    FakePlugin second = new FakePlugin(1);
    first.answer = request -> list("late", 20).toByteArray();
    second.answer = request -> list("early", 10).toByteArray();
    Router router = router(first, second);

    // When
    byte[] answer = router.call(passage(LIST, new byte[0]));

    // Then
    assertThat(ListSubscriptionsResponse.parseFrom(answer).getSubscriptionsList())
        .extracting(SubscriptionInfo::getSubscriptionId)
        .containsExactly("early", "late");
    first.answer = request -> unsubscribed(false);
    second.answer = request -> unsubscribed(true);
    assertThat(
            UnsubscribeResponse.parseFrom(router.call(passage(UNSUBSCRIBE, new byte[0])))
                .getExisted())
        .isTrue();
  }

  // ---- what the tests share ----

  private static ListSubscriptionsResponse list(String id, long seconds) {
    return ListSubscriptionsResponse.newBuilder()
        .addSubscriptions(
            SubscriptionInfo.newBuilder()
                .setSubscriptionId(id)
                .setSubscribedAt(Timestamp.newBuilder().setSeconds(seconds)))
        .build();
  }

  private static byte[] unsubscribed(boolean existed) {
    return UnsubscribeResponse.newBuilder().setExisted(existed).build().toByteArray();
  }

  private static String receipt(int process, String group) {
    return new Receipt("orders", group, -1, 3, 77, 5).encode(process);
  }

  private static FakePlugin acknowledging(int process) {
    FakePlugin plugin = new FakePlugin(process);
    plugin.answer =
        request -> {
          AcknowledgeResponse.Builder response = AcknowledgeResponse.newBuilder();
          for (String receipt : receipts(request)) {
            response.addResults(
                AckResult.newBuilder()
                    .setReceipt(receipt)
                    .setSuccess(AckSuccess.getDefaultInstance()));
          }
          return response.build().toByteArray();
        };
    return plugin;
  }

  private static List<String> receipts(byte[] request) {
    try {
      return AcknowledgeRequest.parseFrom(request).getAcksList().stream()
          .map(Ack::getReceipt)
          .toList();
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> acked(FakePlugin plugin) {
    return plugin.requests.stream().flatMap(request -> receipts(request).stream()).toList();
  }

  private static AcknowledgeResponse acknowledge(Router router, List<String> receipts)
      throws Exception {
    AcknowledgeRequest.Builder request = AcknowledgeRequest.newBuilder().setTopic("orders");
    for (String receipt : receipts) {
      request.addAcks(Ack.newBuilder().setReceipt(receipt));
    }
    return AcknowledgeResponse.parseFrom(
        router.call(passage(ACKNOWLEDGE, request.build().toByteArray())));
  }

  private static List<Integer> calls(Router router, String method, int count) throws Exception {
    List<Integer> processes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      processes.add((int) router.call(passage(method, new byte[0]))[0]);
    }
    return processes;
  }

  private static Passage passage(String method, byte[] request) {
    MethodTable.Method found = METHODS.find(method);
    BoundConfig config =
        BoundConfig.of(
            ClientConfig.newBuilder().setName("c").setPattern(found.pattern()).build(),
            ConfigSource.CONFIG_SOURCE_INLINE,
            "default",
            "fake",
            BackendType.BACKEND_TYPE_CUSTOM,
            List.of(),
            ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
    return Admitted.of(found, request, config);
  }

  private static Router router(FakePlugin... processes) {
    List<FakePlugin> all = List.of(processes);
    return new Router(
        new Plugins() {
          @Override
          public List<? extends Plugin> processes(String instance) {
            return all;
          }

          @Override
          public Collection<? extends Plugin> all() {
            return all;
          }

          @Override
          public boolean ready() {
            return true;
          }
        },
        new ProxyMetrics());
  }
}
