package dev.prism.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.options.Access;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.pubsub.v1.PubSubServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.type.v1.AccessPattern;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MethodTableTest {
  private final MethodTable table = MethodTable.ofContract();

  @Test
  void everyMethodThatGrpcServesIsInTheTableWithItsKindOfStream() {
    Stream<ServiceDescriptor> services =
        Stream.of(
            KeyValueServiceGrpc.getServiceDescriptor(),
            QueueServiceGrpc.getServiceDescriptor(),
            PubSubServiceGrpc.getServiceDescriptor(),
            ReaderServiceGrpc.getServiceDescriptor(),
            TransactServiceGrpc.getServiceDescriptor());

    Stream<MethodDescriptor<?, ?>> methods = services.flatMap(it -> it.getMethods().stream());

    assertThat(methods)
        .hasSize(table.all().size())
        .allSatisfy(
            grpc -> {
              MethodTable.Method method = table.find(grpc.getFullMethodName());
              assertThat(method).as(grpc.getFullMethodName()).isNotNull();
              assertThat(method.unary()).isEqualTo(grpc.getType() == MethodType.UNARY);
              assertThat(method.clientStreaming())
                  .isEqualTo(!grpc.getType().clientSendsOneMessage());
              assertThat(method.serverStreaming())
                  .isEqualTo(!grpc.getType().serverSendsOneMessage());
              assertThat(method.operation()).isPositive();
            });
  }

  @Test
  void aMethodCarriesWhatTheContractSaysOfIt() {
    MethodTable.Method get = table.find("prism.keyvalue.v1.KeyValueService/Get");

    assertThat(get).isNotNull();
    assertThat(get.operation()).isEqualTo(1);
    assertThat(get.access()).isEqualTo(Access.ACCESS_READ);
    assertThat(get.repeatable()).isTrue();
    assertThat(get.pattern()).isEqualTo(AccessPattern.ACCESS_PATTERN_KEYVALUE);
    assertThat(get.request().getFullName()).isEqualTo("prism.keyvalue.v1.GetRequest");
    assertThat(get.response().getFullName()).isEqualTo("prism.keyvalue.v1.GetResponse");
  }

  @Test
  void mailboxesAreTheListenersAndTransactionsTheProcessors() {
    MethodTable.Method write = table.find("prism.transact.v1.TransactService/Write");
    MethodTable.Method read = table.find("prism.transact.v1.TransactService/ReadMailbox");
    MethodTable.Method ack = table.find("prism.transact.v1.TransactService/AcknowledgeMailbox");
    MethodTable.Method steps = table.find("prism.transact.v1.TransactService/Transaction");

    assertThat(write.role()).isEqualTo(PluginRole.PLUGIN_ROLE_PROCESSOR);
    assertThat(steps.role()).isEqualTo(PluginRole.PLUGIN_ROLE_PROCESSOR);
    assertThat(steps.isSubscription()).isFalse();
    assertThat(read.role()).isEqualTo(PluginRole.PLUGIN_ROLE_LISTENER);
    assertThat(read.isSubscription()).isTrue();
    assertThat(ack.role()).isEqualTo(PluginRole.PLUGIN_ROLE_LISTENER);
    assertThat(ack.spread()).isEqualTo(Spread.OWNERS);
  }

  @Test
  void aMethodOfNoDataInterfaceIsNotThere() {
    assertThat(table.find("prism.session.v1.SessionService/Heartbeat")).isNull();
  }
}
