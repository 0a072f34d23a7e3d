package dev.prism.proxy.gate;

import dev.prism.proxy.route.ResourceScanner;
import java.util.List;

/**
 * Reads the names of what a request touches, and nothing else of it, and asks the policy. The
 * namespace is never among them: it comes from the session, so that no request can name another
 * tenant's data.
 */
public final class Resources {
  private final Policy policy;

  public Resources(Policy policy) {
    this.policy = policy;
  }

  void enter(Passage call) {
    ResourceScanner scanner = call.method().resources();
    if (scanner.namesOne()) {
      String name = scanner.one(call.request());
      call.touch(name.isEmpty() ? List.of() : List.of(name));
    } else {
      call.touch(scanner.scan(call.request()));
    }
    policy.check(call);
  }
}
