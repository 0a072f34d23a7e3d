package dev.prism.proxy.route;

import com.google.protobuf.Descriptors.Descriptor;
import dev.prism.status.PrismException;
import java.util.HashMap;
import java.util.List;

/**
 * Reads the names of what a request touches, the fields with {@code (prism.resource)}, from the
 * request's raw bytes, and nothing else of it (contract 3). Made once a method from its request's
 * descriptor; immutable and safe for any thread.
 *
 * <p>It sees what a protobuf parser would: of a field that stands more than once the last counts,
 * messages that stand more than once are merged, and the last member of a oneof clears the others.
 * What it cannot read it refuses, so that no plugin can see another name than the one that was
 * authorized. Parts that hold no name are stepped over unread: whether they are well-formed is for
 * the plugin to find.
 *
 * <p>Runs on every call. Where a request names one thing in a field of its own, which is most,
 * {@link #one} makes the resulting String and no other object.
 */
public final class ResourceScanner {
  /**
   * The most names that one request may hold, equal neighbours counted once: more than any
   * request's own bound allows, so that garbage cannot fill the memory.
   */
  public static final int MAX_NAMES = 4096;

  private final ScanPlan plan;

  private ResourceScanner(ScanPlan plan) {
    this.plan = plan;
  }

  /** The scanner for requests of this type; one without resource fields finds none. */
  public static ResourceScanner of(Descriptor request) {
    return new ResourceScanner(ScanPlan.of(request, new HashMap<>()));
  }

  /** Whether a request names at most one thing, so that {@link #one} can be used. */
  public boolean namesOne() {
    return plan.isFlat();
  }

  /**
   * The one name, or the empty string where the request holds none or an empty one.
   *
   * @throws PrismException REQUEST_MALFORMED
   * @throws IllegalStateException where {@link #namesOne} is false
   */
  public String one(byte[] request) {
    if (!plan.isFlat()) {
      throw new IllegalStateException("requests of this type may name several things");
    }
    long found = plan.last(request, 0, request.length, 0);
    return Wire.length(found) == 0 ? "" : Wire.string(request, found);
  }

  /**
   * Every name that is not empty, in the order of the fields' numbers; equal neighbours once.
   *
   * @throws PrismException REQUEST_MALFORMED
   */
  public List<String> scan(byte[] request) {
    if (plan.isFlat()) {
      String name = one(request);
      return name.isEmpty() ? List.of() : List.of(name);
    }
    Names names = new Names(plan);
    names.merge(request, 0, request.length, 0);
    Ranges found = new Ranges();
    names.addTo(request, found);
    return found.strings(request);
  }
}
