package dev.prism.proxy.call;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a call that Prism reads (contract 2), as it was sent: nothing here is checked.
 * Secrets are among it, so that it has no use in a log.
 *
 * @param authorization credentials, {@code Bearer KEY}
 * @param session the token of a session
 * @param config which of a session's configs is meant
 * @param peer where the call comes from, {@code HOST:PORT}; empty where the host does not say
 */
public record RequestHeaders(
    @Nullable String authorization,
    @Nullable String session,
    @Nullable String config,
    String peer) {
  /** Credentials of a call without a session. */
  public static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** The token of the call's session: the bytes as they came, which belong to the metadata. */
  public static final Metadata.Key<byte[]> SESSION =
      InternalMetadata.keyOf("prism-session", new AsSent());

  /** Which of the session's configs is meant, where several fit. */
  public static final Metadata.Key<String> CONFIG =
      Metadata.Key.of("prism-config", Metadata.ASCII_STRING_MARSHALLER);

  private static final RequestHeaders NONE = new RequestHeaders(null, null, null, "");

  private static final Context.Key<RequestHeaders> CURRENT =
      Context.keyWithDefault("prism-headers", NONE);

  /**
   * Those of the call that the current thread works on; all null outside of {@link #interceptor}.
   */
  public static RequestHeaders current() {
    return CURRENT.get();
  }

  /** Reads them from a call's metadata. */
  public static RequestHeaders of(Metadata metadata, ServerCall<?, ?> call) {
    byte[] session = metadata.get(SESSION);
    return new RequestHeaders(
        metadata.get(AUTHORIZATION),
        session == null ? null : new String(session, StandardCharsets.ISO_8859_1),
        metadata.get(CONFIG),
        peer(call));
  }

  /** Makes {@link #current()} answer within the methods of a generated service. */
  public static ServerInterceptor interceptor() {
    return new ServerInterceptor() {
      @Override
      public <I, O> ServerCall.Listener<I> interceptCall(
          ServerCall<I, O> call, Metadata metadata, ServerCallHandler<I, O> next) {
        Context context = Context.current().withValue(CURRENT, of(metadata, call));
        return Contexts.interceptCall(context, call, metadata, next);
      }
    };
  }

  private static String peer(ServerCall<?, ?> call) {
    SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return address instanceof InetSocketAddress inet
        ? inet.getHostString() + ":" + inet.getPort()
        : "";
  }

  /** Without what it holds. */
  @Override
  public String toString() {
    return "RequestHeaders[" + peer + "]";
  }

  /** Neither text nor copy is made of it. */
  private static final class AsSent implements InternalMetadata.TrustedAsciiMarshaller<byte[]> {
    @Override
    public byte[] toAsciiString(byte[] value) {
      return value;
    }

    @Override
    public byte[] parseAsciiString(byte[] serialized) {
      return serialized;
    }
  }
}
