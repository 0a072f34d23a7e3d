package dev.prism.proxy.plugin;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.prism.link.CallHeader;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.InfoRequest;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.MetricsRequest;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.plugin.v1.ReadyRequest;
import dev.prism.plugin.v1.ReadyResponse;

/** The calls of RFC 6.2 that the proxy itself makes to a plugin, over its link. */
final class PluginCalls {
  /** {@code (prism.method).operation} of the methods in prism/plugin/v1/plugin.proto. */
  private static final int READY = 101;

  private static final int GET_METRICS = 102;
  private static final int GET_INFO = 103;
  private static final int PROVISION = 104;

  private PluginCalls() {}

  static InfoResponse info(Link link, long deadlineNanos) throws LinkException {
    return call(
        link, GET_INFO, InfoRequest.getDefaultInstance(), InfoResponse.parser(), deadlineNanos);
  }

  static ReadyResponse ready(Link link, long deadlineNanos) throws LinkException {
    return call(
        link, READY, ReadyRequest.getDefaultInstance(), ReadyResponse.parser(), deadlineNanos);
  }

  static String metrics(Link link, long deadlineNanos) throws LinkException {
    return call(
            link,
            GET_METRICS,
            MetricsRequest.getDefaultInstance(),
            MetricsResponse.parser(),
            deadlineNanos)
        .getText();
  }

  static ProvisionResponse provision(Link link, ProvisionRequest request, long deadlineNanos)
      throws LinkException {
    return call(link, PROVISION, request, ProvisionResponse.parser(), deadlineNanos);
  }

  private static <T> T call(
      Link link, int operation, MessageLite request, Parser<T> parser, long deadlineNanos)
      throws LinkException {
    CallHeader header =
        new CallHeader(
            operation, "default", 0, 0, 0, deadlineNanos, System.nanoTime(), "supervisor", null);
    try {
      return parser.parseFrom(link.call(header, request.toByteArray()));
    } catch (InvalidProtocolBufferException e) {
      // A plugin is not trusted with the proxy's life (hazard 12).
      throw new LinkException(
          LinkException.Kind.DOWN, "the plugin's answer is not what the contract says");
    }
  }
}
