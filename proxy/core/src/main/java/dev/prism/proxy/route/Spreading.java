package dev.prism.proxy.route;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.Status;
import dev.prism.proxy.gate.Passage;
import dev.prism.pubsub.v1.ListSubscriptionsResponse;
import dev.prism.pubsub.v1.SubscriptionInfo;
import dev.prism.pubsub.v1.UnsubscribeResponse;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.AcknowledgeResponse;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The few calls that are not for any one of several processes: an acknowledgement is for the
 * process that has the delivery's stream, what is asked of subscriptions for all that may have one.
 * Asked only where a backend has several processes of the role.
 */
final class Spreading {
  private static final Comparator<SubscriptionInfo> OLDEST_FIRST =
      Comparator.comparing(SubscriptionInfo::getSubscribedAt, Timestamps.comparator());

  private final Router router;

  Spreading(Router router) {
    this.router = router;
  }

  byte[] call(Passage call, Pool pool) throws CallFailedException {
    try {
      return call.method().spread() == Spread.OWNERS
          ? acknowledge(call, pool)
          : merged(call, askAll(call, pool));
    } catch (InvalidProtocolBufferException malformed) {
      throw PrismException.of(
          Reason.REQUEST_MALFORMED, "The request's bytes are no message of this method's type.");
    }
  }

  // ---- acknowledgements, of topics and of mailboxes: the same on the wire ----

  private byte[] acknowledge(Passage call, Pool pool)
      throws CallFailedException, InvalidProtocolBufferException {
    AcknowledgeRequest request = AcknowledgeRequest.parseFrom(call.request());
    Map<@Nullable Target, List<Integer>> parts = new LinkedHashMap<>();
    for (int i = 0; i < request.getAcksCount(); i++) {
      int process = Receipts.process(request.getAcks(i).getReceipt());
      parts.computeIfAbsent(pool.find(process), target -> new ArrayList<>()).add(i);
    }
    // What takes effect once does so as a whole: any process can take any receipt then.
    if (parts.size() <= 1 || !request.getIdempotencyKey().isEmpty()) {
      Target only = parts.isEmpty() ? null : parts.keySet().iterator().next();
      return router.call(call, pool, only, call.request());
    }
    AckResult[] results = new AckResult[request.getAcksCount()];
    for (Map.Entry<@Nullable Target, List<Integer>> part : parts.entrySet()) {
      List<AckResult> answered = acknowledge(call, pool, part.getKey(), request, part.getValue());
      for (int i = 0; i < answered.size(); i++) {
        results[part.getValue().get(i)] = answered.get(i);
      }
    }
    return AcknowledgeResponse.newBuilder().addAllResults(List.of(results)).build().toByteArray();
  }

  /** One process's part, which fails for itself: what others have taken is told. */
  private List<AckResult> acknowledge(
      Passage call,
      Pool pool,
      @Nullable Target target,
      AcknowledgeRequest whole,
      List<Integer> places)
      throws InvalidProtocolBufferException {
    AcknowledgeRequest.Builder part = whole.toBuilder().clearAcks();
    List<Ack> acks = places.stream().map(whole::getAcks).toList();
    Status failure;
    try {
      byte[] answer = router.call(call, pool, target, part.addAllAcks(acks).build().toByteArray());
      List<AckResult> results = AcknowledgeResponse.parseFrom(answer).getResultsList();
      if (results.size() == acks.size()) {
        return results;
      }
      failure = PrismException.status(Reason.INTERNAL, "The plugin's answer is not whole.");
    } catch (CallFailedException e) {
      failure = e.status();
    } catch (PrismException e) {
      failure = e.status();
    }
    Status why = failure;
    return acks.stream()
        .map(ack -> AckResult.newBuilder().setReceipt(ack.getReceipt()).setError(why).build())
        .toList();
  }

  // ---- all of them ----

  /** The answers of all that run; the subscriptions of others are gone with their processes. */
  private List<byte[]> askAll(Passage call, Pool pool) throws CallFailedException {
    List<byte[]> answers = new ArrayList<>();
    for (Target target : pool.targets()) {
      if (target.plugin().live() != null) {
        answers.add(router.call(call, pool, target, call.request()));
      }
    }
    if (answers.isEmpty()) {
      answers.add(router.call(call, pool, null, call.request()));
    }
    return answers;
  }

  private static byte[] merged(Passage call, List<byte[]> answers)
      throws InvalidProtocolBufferException {
    if (call.method().response() == UnsubscribeResponse.getDescriptor()) {
      boolean existed = false;
      for (byte[] answer : answers) {
        existed |= UnsubscribeResponse.parseFrom(answer).getExisted();
      }
      return UnsubscribeResponse.newBuilder().setExisted(existed).build().toByteArray();
    }
    List<SubscriptionInfo> all = new ArrayList<>();
    for (byte[] answer : answers) {
      all.addAll(ListSubscriptionsResponse.parseFrom(answer).getSubscriptionsList());
    }
    all.sort(OLDEST_FIRST);
    return ListSubscriptionsResponse.newBuilder().addAllSubscriptions(all).build().toByteArray();
  }
}
