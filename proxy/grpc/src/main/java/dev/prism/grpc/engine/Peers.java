package dev.prism.grpc.engine;

import dev.prism.grpc.GrpcHost;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/** What a call can learn of who calls. */
final class Peers {
  private Peers() {}

  static Attributes attributes(ConnectionContext context) {
    PeerInfo peer = context.remotePeer();
    Attributes.Builder attributes =
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, peer.address())
            .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, context.localPeer().address());
    peer.tlsCertificates()
        .ifPresent(
            chain -> {
              List<X509Certificate> certificates =
                  Arrays.stream(chain)
                      .filter(X509Certificate.class::isInstance)
                      .map(X509Certificate.class::cast)
                      .toList();
              attributes.set(GrpcHost.PEER_CERTIFICATES, certificates);
            });
    return attributes.build();
  }
}
