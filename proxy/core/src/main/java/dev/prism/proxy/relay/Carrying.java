package dev.prism.proxy.relay;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.proxy.config.ServerConfig.Relay;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishResult;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.transact.v1.MailboxDelivery;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.type.v1.Header;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of publications: many under way, their answers in their order. The sending thread is
 * the mailbox's reader; the answers are taken by a thread of their own.
 */
final class Carrying implements AutoCloseable {
  /** Tells a message from every other, for as long as it lives; the inbox's {@code message_id}. */
  static final String ID_HEADER = "message-id";

  private static final Logger LOG = LoggerFactory.getLogger(Carrying.class);

  /** The most headers of a message in a queue. */
  private static final int MOST_HEADERS = 64;

  /** The most bytes of their names and values. */
  private static final int MOST_HEADER_BYTES = 32 << 10;

  private static final String TRACE_HEADER = "traceparent";

  private final Link link;
  private final CallHeader header;
  private final Relay relay;
  private final boolean idempotent;
  private final Settling settling;
  private final Queue<MailboxDelivery> underWay = new ConcurrentLinkedQueue<>();
  private volatile Runnable end = () -> {};
  private @Nullable Exchange stream;

  /**
   * @param idempotent whether the topic's backend remembers keys, so that a message which is
   *     carried again is not written again
   */
  Carrying(Link link, CallHeader header, Relay relay, boolean idempotent, Settling settling) {
    this.link = link;
    this.header = header;
    this.relay = relay;
    this.idempotent = idempotent;
    this.settling = settling;
  }

  /** What is done when the stream of answers has ended. */
  void onEnd(Runnable action) {
    end = action;
  }

  /** Sends what the mailbox has delivered. */
  void send(byte[] deliveries) throws LinkException {
    ReadMailboxResponse response;
    try {
      response = ReadMailboxResponse.parseFrom(deliveries);
    } catch (InvalidProtocolBufferException e) {
      throw new LinkException(
          LinkException.Kind.DOWN, "the mailbox's plugin answers what cannot be read");
    }
    for (MailboxDelivery delivery : response.getDeliveriesList()) {
      byte[] request = publication(delivery).toByteArray();
      underWay.add(delivery);
      if (stream == null) {
        Exchange opened = link.open(header, request);
        stream = opened;
        Thread.ofVirtual().name("relay-answers").start(() -> receive(opened));
      } else {
        stream.send(request);
      }
    }
  }

  private PublishStreamRequest publication(MailboxDelivery delivery) {
    MailboxMessage message = delivery.getMessage();
    Message carried =
        Message.newBuilder()
            .setKey(message.getKey())
            .addAllHeaders(headers(message))
            .setPayload(message.getPayload())
            .build();
    PublishStreamRequest.Builder request =
        PublishStreamRequest.newBuilder().setTopic(relay.topic()).setMessage(carried);
    if (idempotent) {
      request.setIdempotencyKey(key(delivery));
    }
    return request.build();
  }

  /**
   * The writer's, and the id. Where a queue would not take so many, the trace that was added when
   * the message was written is left out, and then the id.
   */
  private static List<Header> headers(MailboxMessage message) {
    List<Header> headers = new ArrayList<>(message.getHeadersList());
    if (headers.stream().noneMatch(each -> each.getName().equals(ID_HEADER))) {
      headers.add(
          Header.newBuilder()
              .setName(ID_HEADER)
              .setValue(ByteString.copyFromUtf8(message.getMessageId()))
              .build());
    }
    if (isTooMuch(headers)) {
      headers.removeIf(each -> each.getName().equals(TRACE_HEADER));
    }
    if (isTooMuch(headers)) {
      headers.removeIf(each -> each.getName().equals(ID_HEADER));
    }
    return headers;
  }

  private static boolean isTooMuch(List<Header> headers) {
    int bytes = 0;
    for (Header header : headers) {
      bytes += header.getName().length() + header.getValue().size();
    }
    return headers.size() > MOST_HEADERS || bytes > MOST_HEADER_BYTES;
  }

  /**
   * Of this message alone, however often it is delivered: an id may be used again once its message
   * has gone, a place may not.
   */
  private String key(MailboxDelivery delivery) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String place =
          String.join(
              "/",
              relay.backend(),
              relay.mailbox(),
              Long.toString(delivery.getSequence()),
              delivery.getMessage().getMessageId());
      return "mailbox:"
          + Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(digest.digest(place.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private void receive(Exchange answers) {
    try {
      for (byte[] message = answers.receive(); message != null; message = answers.receive()) {
        for (PublishResult result : PublishStreamResponse.parseFrom(message).getResultsList()) {
          settle(result);
        }
      }
    } catch (LinkException e) {
      if (e.kind() != LinkException.Kind.CANCELLED) { // by the relay itself, for another reason
        LOG.atWarn()
            .addKeyValue("topic", relay.topic())
            .addKeyValue("kind", e.kind())
            .log("the topic takes no more of the relay's messages: {}", e.getMessage());
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.error("the topic's plugin answers what cannot be read", e);
    } finally {
      end.run();
    }
  }

  private void settle(PublishResult result) {
    MailboxDelivery delivery = underWay.poll();
    if (delivery == null) {
      throw new IllegalStateException("an answer to nothing");
    }
    if (result.hasSuccess()) {
      settling.carried(delivery);
    } else {
      Status error = result.getError();
      settling.failed(delivery, error);
    }
  }

  @Override
  public void close() {
    if (stream != null) {
      stream.close();
    }
  }
}
