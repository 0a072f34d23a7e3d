package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.perf.servers.ProxyCalls;
import dev.prism.perf.servers.ProxyProcess;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;

/** What an application would write with Prism: grpc-java's blocking stub on one connection. */
final class PrismStore implements Store {
  private static final Metadata.Key<String> SESSION =
      Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER);

  private final ManagedChannel channel;
  private final KeyValueServiceBlockingStub stub;

  PrismStore(String endpoint) {
    Metadata session = new Metadata();
    session.put(SESSION, ProxyCalls.session(endpoint, ProxyProcess.CONFIG));
    this.channel = NettyChannelBuilder.forTarget(endpoint).usePlaintext().directExecutor().build();
    this.stub =
        KeyValueServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(session));
  }

  @Override
  public void put(String key, byte[] value) {
    stub.put(
        PutRequest.newBuilder()
            .setCollection("bench")
            .setKey(key)
            .setValue(ByteString.copyFrom(value))
            .build());
  }

  @Override
  public byte[] get(String key) {
    return stub.get(GetRequest.newBuilder().setCollection("bench").setKey(key).build())
        .getItem()
        .getValue()
        .toByteArray();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
