package dev.prism.sdk.queue;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link MessageQueue#provision} found or did.
 *
 * @param change what was, or would be, done
 * @param detail for an operator, one line: the physical name and its settings, or how what is there
 *     differs from what is configured
 */
public record Provisioned(Change change, String detail) {
  /** What was, or would be, done. */
  public enum Change {
    /** The topic is there as configured. */
    NONE,
    /** It was missing. */
    CREATE,
    /** It is there with other settings, which are left as they are. */
    DIFFERS
  }

  /**
   * The answer of a backend whose topics all have one partition, one copy and the retention of the
   * backend as a whole: a topic that is configured with anything else differs, there or not.
   *
   * @param there whether it was there already
   * @param backend what the backend is called, for an operator
   */
  public static Provisioned ofFixed(Topic topic, boolean there, String backend) {
    List<String> wanted = new ArrayList<>();
    if (topic.partitions() > 1) {
      wanted.add("partitions " + topic.partitions());
    }
    if (topic.replicas() > 1) {
      wanted.add("replicas " + topic.replicas());
    }
    if (topic.retentionMillis() > 0) {
      wanted.add("retention");
    }
    if (topic.retentionBytes() > 0) {
      wanted.add("retention_bytes");
    }
    if (!wanted.isEmpty()) {
      return new Provisioned(
          Change.DIFFERS,
          "%s, which the topics of %s do not have%s"
              .formatted(String.join(", ", wanted), backend, there ? "" : "; it is made without"));
    }
    return new Provisioned(there ? Change.NONE : Change.CREATE, "1 partition");
  }
}
