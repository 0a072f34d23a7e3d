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
import java.util.Base64;
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
      byte[] request = publication(delivery.getMessage()).toByteArray();
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

  private PublishStreamRequest publication(MailboxMessage message) {
    Message.Builder carried =
        Message.newBuilder()
            .setKey(message.getKey())
            .addAllHeaders(message.getHeadersList())
            .setPayload(message.getPayload());
    boolean named =
        message.getHeadersList().stream().anyMatch(each -> each.getName().equals(ID_HEADER));
    if (!named && message.getHeadersCount() < MOST_HEADERS) {
      carried.addHeaders(
          Header.newBuilder()
              .setName(ID_HEADER)
              .setValue(ByteString.copyFromUtf8(message.getMessageId())));
    }
    PublishStreamRequest.Builder request =
        PublishStreamRequest.newBuilder().setTopic(relay.topic()).setMessage(carried);
    if (idempotent) {
      request.setIdempotencyKey(key(message.getMessageId()));
    }
    return request.build();
  }

  /** Short enough, whatever the message is called, and another one for each mailbox. */
  private String key(String messageId) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(relay.mailbox().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      return "mailbox:"
          + Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(digest.digest(messageId.getBytes(StandardCharsets.UTF_8)));
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
      LOG.atDebug().addKeyValue("topic", relay.topic()).log("publishing ended: {}", e.getMessage());
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
