package dev.prism.proxy.service;

import dev.prism.grpc.Bytes;
import dev.prism.proxy.gate.Gate;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.MethodMetrics;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.route.Router;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The data interfaces as gRPC services, made from the contract's descriptors: bodies pass as bytes,
 * so that a new method of the contract needs no code here.
 */
public final class DataPlane {
  private final Gate gate;
  private final Router router;
  private final ProxyMetrics metrics;
  private final CallLog log;
  private final Subscriptions subscriptions = new Subscriptions();

  public DataPlane(Gate gate, Router router, ProxyMetrics metrics, CallLog log) {
    this.gate = gate;
    this.router = router;
    this.metrics = metrics;
    this.log = log;
  }

  /** Ends the subscriptions that are open, and those that come later: the server shuts down. */
  public void endSubscriptions() {
    subscriptions.end();
  }

  /** One definition a service, in the table's order. */
  public List<ServerServiceDefinition> services(MethodTable table) {
    Map<String, List<Method>> byService = new LinkedHashMap<>();
    for (Method method : table.all()) {
      byService.computeIfAbsent(serviceName(method), name -> new ArrayList<>()).add(method);
    }
    List<ServerServiceDefinition> services = new ArrayList<>();
    byService.forEach((name, methods) -> services.add(service(name, methods)));
    return services;
  }

  private ServerServiceDefinition service(String name, List<Method> methods) {
    ProtoFileDescriptorSupplier schema = methods.getFirst().request()::getFile;
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(name).setSchemaDescriptor(schema);
    Map<MethodDescriptor<byte[], byte[]>, Method> descriptors = new LinkedHashMap<>();
    for (Method method : methods) {
      MethodDescriptor<byte[], byte[]> each = descriptor(method, schema);
      descriptor.addMethod(each);
      descriptors.put(each, method);
    }
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
    descriptors.forEach((each, method) -> service.addMethod(each, handler(method)));
    return service.build();
  }

  private ServerCallHandler<byte[], byte[]> handler(Method method) {
    String service = serviceName(method);
    MethodMetrics figures =
        metrics.method(service, method.fullName().substring(service.length() + 1));
    DataCall.Context context =
        new DataCall.Context(method, gate, router, figures, log, subscriptions);
    if (method.clientStreaming()) {
      return (call, metadata) -> {
        call.request(1);
        return new DuplexCall(context, call, metadata);
      };
    }
    return (call, metadata) -> {
      call.request(2); // the one request, and what would be one too many
      return method.serverStreaming()
          ? new StreamCall(context, call, metadata)
          : new UnaryCall(context, call, metadata);
    };
  }

  private static MethodDescriptor<byte[], byte[]> descriptor(Method method, Object schema) {
    return MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
        .setFullMethodName(method.fullName())
        .setType(type(method))
        .setSchemaDescriptor(schema)
        .setIdempotent(method.repeatable())
        .build();
  }

  private static MethodDescriptor.MethodType type(Method method) {
    if (method.clientStreaming()) {
      return method.serverStreaming()
          ? MethodDescriptor.MethodType.BIDI_STREAMING
          : MethodDescriptor.MethodType.CLIENT_STREAMING;
    }
    return method.serverStreaming()
        ? MethodDescriptor.MethodType.SERVER_STREAMING
        : MethodDescriptor.MethodType.UNARY;
  }

  private static String serviceName(Method method) {
    return method.fullName().substring(0, method.fullName().indexOf('/'));
  }
}
