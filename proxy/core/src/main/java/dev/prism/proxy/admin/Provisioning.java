package dev.prism.proxy.admin;

import com.google.rpc.Status;
import dev.prism.admin.v1.ProvisionRequest;
import dev.prism.admin.v1.ProvisionResponse;
import dev.prism.admin.v1.ProvisionedTopic;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfig.Namespace;
import dev.prism.proxy.config.ServerConfig.Topic;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.route.Plugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Makes the topics that the server's configuration names, or tells what would be made. */
final class Provisioning {
  /** What a backend may take for one topic. */
  private static final Duration TOPIC_LIMIT = Duration.ofSeconds(30);

  private static final Set<PluginRole> WITH_QUEUES =
      EnumSet.of(PluginRole.PLUGIN_ROLE_PUBLISHER, PluginRole.PLUGIN_ROLE_CONSUMER);

  private final ServerConfig config;
  private final Plugins plugins;

  Provisioning(ServerConfig config, Plugins plugins) {
    this.config = config;
    this.plugins = plugins;
  }

  /**
   * Goes through the topics one after the other; blocks as long as the backends need.
   *
   * @throws PrismException NAMESPACE_NOT_FOUND
   */
  ProvisionResponse provision(ProvisionRequest request) {
    String only = request.getNamespace();
    if (!only.isEmpty() && !config.namespaces().containsKey(only)) {
      throw PrismException.of(
          Reason.NAMESPACE_NOT_FOUND,
          "The server's configuration has no such namespace.",
          Map.of());
    }
    ProvisionResponse.Builder response = ProvisionResponse.newBuilder();
    for (Namespace namespace : config.namespaces().values()) {
      if (only.isEmpty() || only.equals(namespace.name())) {
        for (Topic topic : namespace.topics()) {
          response.addTopics(provision(namespace.name(), topic, request.getDryRun()));
        }
      }
    }
    return response.build();
  }

  private ProvisionedTopic provision(String namespace, Topic topic, boolean dryRun) {
    ProvisionedTopic.Builder told =
        ProvisionedTopic.newBuilder()
            .setNamespace(namespace)
            .setTopic(topic.name())
            .setBackend(topic.backend())
            .setPhysicalName(topic.physicalName());
    try {
      var answer = ask(namespace, topic, dryRun);
      return told.setChange(answer.getChange()).setDetail(answer.getDetail()).build();
    } catch (CallFailedException e) {
      return failed(told, e.status());
    } catch (PrismException e) {
      return failed(told, e.status());
    }
  }

  private static ProvisionedTopic failed(ProvisionedTopic.Builder told, Status why) {
    return told.setError(why).build();
  }

  private dev.prism.plugin.v1.ProvisionResponse ask(String namespace, Topic topic, boolean dryRun)
      throws CallFailedException {
    Plugins.Plugin plugin =
        plugins.processes(topic.backend()).stream()
            .filter(each -> !Collections.disjoint(each.roles(), WITH_QUEUES))
            .max(Comparator.comparing(Plugins.Plugin::isReady))
            .orElseThrow(
                () -> PrismException.of(Reason.PLUGIN_NOT_FOUND, "The backend has no queues."));
    return plugin.provision(
        dev.prism.plugin.v1.ProvisionRequest.newBuilder()
            .setNamespace(namespace)
            .setTopic(topic.name())
            .setDryRun(dryRun)
            .build(),
        System.nanoTime() + TOPIC_LIMIT.toNanos());
  }
}
