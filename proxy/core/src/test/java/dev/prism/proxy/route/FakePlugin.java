package dev.prism.proxy.route;

import dev.prism.admin.v1.PluginState;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Hello;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.link.ReplyTime;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A process of a backend in this one: it answers as the test says, and keeps what it was sent. */
final class FakePlugin implements Plugins.Plugin, Link {
  final List<byte[]> requests = new ArrayList<>();
  private final int process;
  private final Set<PluginRole> roles;
  UnaryOperator<byte[]> answer = request -> new byte[] {(byte) process()};
  InfoResponse info = InfoResponse.getDefaultInstance();
  LinkException failure;
  int opened;
  boolean ready = true;
  boolean up = true;

  FakePlugin(int process) {
    this(process, ServerConfig.Backend.ALL_ROLES);
  }

  FakePlugin(int process, Set<PluginRole> roles) {
    this.process = process;
    this.roles = roles;
  }

  @Override
  public String instance() {
    return "fake";
  }

  @Override
  public int process() {
    return process;
  }

  @Override
  public Set<PluginRole> roles() {
    return roles;
  }

  @Override
  public boolean isReady() {
    return ready && up;
  }

  @Override
  public Plugins.@Nullable Incarnation live() {
    return up ? new Plugins.Incarnation(1, this) : null;
  }

  @Override
  public InfoResponse info() {
    return info;
  }

  @Override
  public String type() {
    return "fake";
  }

  @Override
  public Plugins.Incarnation current() {
    Plugins.Incarnation live = live();
    if (live == null) {
      throw PrismException.of(Reason.PLUGIN_UNAVAILABLE, "down");
    }
    return live;
  }

  @Override
  public Plugins.Incarnation awaitNext(long after, long deadlineNanos) {
    if (after >= 1) {
      throw PrismException.of(Reason.PLUGIN_UNAVAILABLE, "there is one life only");
    }
    return current();
  }

  @Override
  public Plugins.Status status() {
    return new Plugins.Status(PluginState.PLUGIN_STATE_READY, info, 0, null, 0, 0, 1, "", null);
  }

  @Override
  public String metrics(long deadlineNanos) {
    return "";
  }

  @Override
  public ProvisionResponse provision(ProvisionRequest request, long deadlineNanos) {
    return ProvisionResponse.getDefaultInstance();
  }

  // ---- its link ----

  @Override
  public Hello peer() {
    return new Hello(Hello.LINK_VERSION, "fake", "0", Set.of(), 1 << 20, 1 << 20);
  }

  @Override
  public byte[] call(CallHeader header, byte[] request, ReplyTime time) throws LinkException {
    if (failure != null) {
      throw failure;
    }
    requests.add(request);
    return answer.apply(request);
  }

  @Override
  public Exchange open(CallHeader header, byte[] request) throws LinkException {
    opened++;
    return new Exchange() {
      @Override
      public byte @Nullable [] receive() {
        return null;
      }

      @Override
      public void send(byte[] message) {
        requests.add(message);
      }

      @Override
      public void halfClose() {}

      @Override
      public void close() {}
    };
  }

  @Override
  public State state() {
    return up ? State.UP : State.DOWN;
  }

  @Override
  public Stats stats() {
    return new Stats(requests.size(), 0, 0, 0, 0, 0, 0, 0);
  }

  @Override
  public void close() {
    up = false;
  }
}
