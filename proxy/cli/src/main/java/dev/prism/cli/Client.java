package dev.prism.cli;

import dev.prism.admin.v1.AdminServiceGrpc;
import dev.prism.admin.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import dev.prism.config.v1.ConfigServiceGrpc;
import dev.prism.config.v1.ConfigServiceGrpc.ConfigServiceBlockingStub;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.pubsub.v1.PubSubServiceGrpc;
import dev.prism.pubsub.v1.PubSubServiceGrpc.PubSubServiceBlockingStub;
import dev.prism.pubsub.v1.PubSubServiceGrpc.PubSubServiceStub;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceStub;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.reader.v1.ReaderServiceGrpc.ReaderServiceBlockingStub;
import dev.prism.session.v1.CloseSessionRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingStub;
import dev.prism.transact.v1.TransactServiceGrpc.TransactServiceBlockingV2Stub;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One command's connection to a running Prism, with at most one session: opened by the first call
 * that needs it, closed with the client. Not safe for threads.
 */
final class Client implements AutoCloseable {
  /** Above the server's largest limit, so that it is always the server's that is met. */
  private static final int MAX_MESSAGE_BYTES = 65 << 20;

  private static final Metadata.Key<String> SESSION =
      Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ClientOptions options;
  private final String config;
  private final ManagedChannel channel;
  private @Nullable String token;

  private Client(
      ClientOptions options, String config, String endpoint, ChannelCredentials credentials) {
    this.options = options;
    this.config = config;
    QuietClient.prepare();
    try {
      this.channel =
          Grpc.newChannelBuilder(endpoint, credentials)
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .build();
    } catch (IllegalArgumentException e) {
      throw new UserError("'" + endpoint + "' is not an endpoint: write HOST:PORT");
    }
  }

  /** A client of the data port. */
  static Client ofData(ClientOptions options) {
    return of(options, "default");
  }

  /** As {@link #ofData}, its session with {@code config} where the options name none. */
  static Client of(ClientOptions options, String config) {
    return new Client(options, options.config(config), options.endpoint(), options.credentials());
  }

  /** A client of the admin port, which is in the clear. */
  static Client ofAdmin(ClientOptions options) {
    return new Client(options, "", options.adminEndpoint(), InsecureChannelCredentials.create());
  }

  /** KeyValue calls in this client's session. */
  KeyValueServiceBlockingStub keyValue() {
    return in(session(), KeyValueServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  /** As {@link #keyValue}, for calls that stream. */
  KeyValueServiceBlockingStub keyValueStreams() {
    return in(session(), KeyValueServiceGrpc.newBlockingStub(channel), options.streamDeadline());
  }

  /** Queue calls in this client's session. */
  QueueServiceBlockingStub queue() {
    return in(session(), QueueServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  /** As {@link #queue}, for calls that stream. */
  QueueServiceBlockingStub queueStreams() {
    return in(session(), QueueServiceGrpc.newBlockingStub(channel), options.streamDeadline());
  }

  /** As {@link #queueStreams}, for requests that stream. */
  QueueServiceStub queueAsync() {
    return in(session(), QueueServiceGrpc.newStub(channel), options.streamDeadline());
  }

  /** PubSub calls in this client's session. */
  PubSubServiceBlockingStub pubSub() {
    return in(session(), PubSubServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  /** As {@link #pubSub}, for calls that stream. */
  PubSubServiceBlockingStub pubSubStreams() {
    return in(session(), PubSubServiceGrpc.newBlockingStub(channel), options.streamDeadline());
  }

  /** As {@link #pubSubStreams}, for requests that stream. */
  PubSubServiceStub pubSubAsync() {
    return in(session(), PubSubServiceGrpc.newStub(channel), options.streamDeadline());
  }

  /** Reader calls in this client's session. */
  ReaderServiceBlockingStub reader() {
    return in(session(), ReaderServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  /** As {@link #reader}, for calls that stream. */
  ReaderServiceBlockingStub readerStreams() {
    return in(session(), ReaderServiceGrpc.newBlockingStub(channel), options.streamDeadline());
  }

  /** Transact calls in this client's session. */
  TransactServiceBlockingStub transact() {
    return in(session(), TransactServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  /** As {@link #transact}, for answers that stream. */
  TransactServiceBlockingStub transactStreams() {
    return in(session(), TransactServiceGrpc.newBlockingStub(channel), options.streamDeadline());
  }

  /** As {@link #transact}, for transactions step by step. */
  TransactServiceBlockingV2Stub transactions() {
    return in(session(), TransactServiceGrpc.newBlockingV2Stub(channel), options.streamDeadline());
  }

  ConfigServiceBlockingStub configs() {
    return in(credentials(), ConfigServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  AdminServiceBlockingStub admin() {
    return in(credentials(), AdminServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  private Metadata session() {
    Metadata headers = new Metadata();
    if (token == null) {
      token =
          sessions(credentials())
              .createSession(
                  CreateSessionRequest.newBuilder()
                      .setConfigName(config)
                      .setNamespace(options.namespace())
                      .setClientId("prism-cli")
                      .setClientVersion(Version.OF_PRODUCT)
                      .build())
              .getSessionToken();
    }
    headers.put(SESSION, token);
    return headers;
  }

  private SessionServiceBlockingStub sessions(Metadata headers) {
    return in(headers, SessionServiceGrpc.newBlockingStub(channel), options.deadline());
  }

  private Metadata credentials() {
    Metadata headers = new Metadata();
    String key = options.apiKey();
    if (!key.isEmpty()) {
      headers.put(AUTHORIZATION, "Bearer " + key);
    }
    return headers;
  }

  private static <S extends AbstractStub<S>> S in(Metadata headers, S stub, Duration deadline) {
    ClientInterceptor attach = MetadataUtils.newAttachHeadersInterceptor(headers);
    return stub.withInterceptors(attach)
        .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    if (token != null) {
      Metadata headers = session();
      token = null;
      try {
        sessions(headers).closeSession(CloseSessionRequest.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        // The command has its answer; a session that could not be closed ends by its idle timeout.
      }
    }
    channel.shutdownNow();
  }
}
