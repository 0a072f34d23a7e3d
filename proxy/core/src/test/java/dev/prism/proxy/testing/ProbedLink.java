package dev.prism.proxy.testing;

import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Hello;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.link.ReplyTime;

/** A link that has each call's header looked at on its way to the plugin. */
public record ProbedLink(Link link, Probe probe) implements Link {
  /** What is done first. */
  @FunctionalInterface
  public interface Probe {
    /** Called on the call's own thread; may wait, or fail the call. */
    void see(CallHeader header) throws LinkException;
  }

  @Override
  public Hello peer() {
    return link.peer();
  }

  @Override
  public byte[] call(CallHeader header, byte[] request, ReplyTime time) throws LinkException {
    probe.see(header);
    return link.call(header, request, time);
  }

  @Override
  public Exchange open(CallHeader header, byte[] request) throws LinkException {
    probe.see(header);
    return link.open(header, request);
  }

  @Override
  public State state() {
    return link.state();
  }

  @Override
  public Stats stats() {
    return link.stats();
  }

  @Override
  public void close() {
    link.close();
  }
}
