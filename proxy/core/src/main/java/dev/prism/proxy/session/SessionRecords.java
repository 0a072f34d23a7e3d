package dev.prism.proxy.session;

import com.google.protobuf.ByteString;
import dev.prism.config.v1.ClientConfig;
import dev.prism.control.v1.BoundConfigRecord;
import dev.prism.control.v1.SessionRecord;
import dev.prism.proxy.call.Times;
import java.util.List;

/** Sessions as records of the control store and as the contract's messages. */
final class SessionRecords {
  private SessionRecords() {}

  static SessionRecord record(Session.Details details, byte[] tokenHash) {
    SessionRecord.Builder record =
        SessionRecord.newBuilder()
            .setTokenHash(ByteString.copyFrom(tokenHash))
            .setCredential(details.credential())
            .setSession(message(details));
    for (BoundConfig config : details.configs()) {
      record.addConfigs(
          BoundConfigRecord.newBuilder().setConfig(config.config()).setBound(message(config)));
    }
    return record.build();
  }

  /** The way back; throws {@link IllegalArgumentException} where the record makes no sense. */
  static Session.Details details(SessionRecord record) {
    dev.prism.session.v1.Session session = record.getSession();
    List<BoundConfig> configs =
        record.getConfigsList().stream()
            .map(config -> bound(config, session.getNamespace()))
            .toList();
    if (session.getSessionId().isEmpty() || configs.isEmpty()) {
      throw new IllegalArgumentException("a session has an id and configs");
    }
    return new Session.Details(
        session.getSessionId(),
        session.getIdentity(),
        record.getCredential(),
        session.getNamespace(),
        configs,
        Times.instant(session.getCreatedAt()),
        Times.instant(session.getExpiresAt()),
        session.getClientId(),
        session.getClientVersion(),
        session.getMetadataMap(),
        session.getPeer());
  }

  private static BoundConfig bound(BoundConfigRecord record, String namespace) {
    dev.prism.session.v1.BoundConfig bound = record.getBound();
    ClientConfig config = record.getConfig();
    return BoundConfig.of(
        config,
        bound.getSource(),
        namespace,
        bound.getBackend(),
        bound.getBackendType(),
        bound.getCapabilitiesList(),
        bound.getConsistency());
  }

  /** What does not change of a session. */
  static dev.prism.session.v1.Session.Builder message(Session.Details details) {
    return dev.prism.session.v1.Session.newBuilder()
        .setSessionId(details.id())
        .setIdentity(details.identity())
        .setNamespace(details.namespace())
        .setClientId(details.clientId())
        .setClientVersion(details.clientVersion())
        .putAllMetadata(details.metadata())
        .setCreatedAt(Times.timestamp(details.createdAt()))
        .setExpiresAt(Times.timestamp(details.expiresAt()))
        .setPeer(details.peer());
  }

  static dev.prism.session.v1.BoundConfig message(BoundConfig config) {
    return dev.prism.session.v1.BoundConfig.newBuilder()
        .setName(config.name())
        .setVersion(config.version())
        .setPattern(config.pattern())
        .setBackend(config.instance())
        .setBackendType(config.backendType())
        .setConsistency(config.consistency())
        .setSource(config.source())
        .addAllCapabilities(config.capabilities())
        .build();
  }
}
