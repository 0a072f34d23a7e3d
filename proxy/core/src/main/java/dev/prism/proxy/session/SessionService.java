package dev.prism.proxy.session;

import dev.prism.proxy.auth.Authenticator;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.catalog.Catalog;
import dev.prism.session.v1.CloseSessionRequest;
import dev.prism.session.v1.CloseSessionResponse;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.session.v1.GetSessionRequest;
import dev.prism.session.v1.GetSessionResponse;
import dev.prism.session.v1.HeartbeatRequest;
import dev.prism.session.v1.HeartbeatResponse;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;

/**
 * SessionService (RFC 4.2). A failure is thrown as PrismException, for the host to answer. To be
 * served within {@link RequestHeaders#interceptor}.
 */
public final class SessionService extends SessionServiceGrpc.SessionServiceImplBase {
  private final Sessions sessions;
  private final SessionOpening opening;
  private final Authenticator authenticator;
  private final int maxMessageBytes;
  private final String serverVersion;

  /**
   * @param maxMessageBytes told to clients
   * @param serverVersion told to clients
   */
  public SessionService(
      Sessions sessions,
      Catalog catalog,
      Authenticator authenticator,
      int maxMessageBytes,
      String serverVersion) {
    this.sessions = sessions;
    this.opening = new SessionOpening(catalog);
    this.authenticator = authenticator;
    this.maxMessageBytes = maxMessageBytes;
    this.serverVersion = serverVersion;
  }

  @Override
  public void createSession(
      CreateSessionRequest request, StreamObserver<CreateSessionResponse> responses) {
    RequestHeaders headers = RequestHeaders.current();
    Principal principal = authenticator.authenticate(headers);
    Sessions.Opened opened =
        sessions.open(principal, opening.read(request, principal, headers.peer()));
    Session.Details details = opened.session().details();
    answer(
        responses,
        CreateSessionResponse.newBuilder()
            .setSessionToken(opened.token())
            .setSessionId(details.id())
            .setExpiresAt(Times.timestamp(details.expiresAt()))
            .setIdleTimeout(Times.message(sessions.idleTimeout()))
            .setHeartbeatInterval(Times.message(sessions.heartbeatInterval()))
            .addAllConfigs(details.configs().stream().map(SessionRecords::message).toList())
            .setNamespace(details.namespace())
            .setMaxMessageBytes(maxMessageBytes)
            .setServerVersion(serverVersion)
            .build());
  }

  @Override
  public void closeSession(
      CloseSessionRequest request, StreamObserver<CloseSessionResponse> responses) {
    sessions.endNow(caller(), Session.End.CLOSED);
    answer(responses, CloseSessionResponse.getDefaultInstance());
  }

  @Override
  public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> responses) {
    Session session = caller();
    sessions.heartbeat(session);
    answer(
        responses,
        HeartbeatResponse.newBuilder()
            .setExpiresAt(Times.timestamp(session.details().expiresAt()))
            .setIdleExpiresAt(Times.timestamp(sessions.idleExpiresAt(session)))
            .setHeartbeatInterval(Times.message(sessions.heartbeatInterval()))
            .build());
  }

  @Override
  public void getSession(GetSessionRequest request, StreamObserver<GetSessionResponse> responses) {
    answer(
        responses,
        GetSessionResponse.newBuilder().setSession(SessionMessages.of(caller(), sessions)).build());
  }

  private Session caller() {
    String token = RequestHeaders.current().session();
    return sessions.authenticate(
        token == null ? null : token.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static <T> void answer(StreamObserver<T> responses, T response) {
    responses.onNext(response);
    responses.onCompleted();
  }
}
