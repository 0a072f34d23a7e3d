package dev.prism.sdk.queue;

/**
 * What the server's configuration says of one topic of a namespace (contract 9).
 *
 * @param physicalName what it is called at the backend: by default namespace and name joined with
 *     {@code .}, so that namespaces cannot meet
 * @param create whether the plugin makes it where it is missing; otherwise a call that needs it is
 *     refused with {@code NOT_PROVISIONED}
 * @param partitions how many it is made with; 0: the backend's default
 * @param replicas how many copies it is made with; 0: the backend's default
 * @param retentionMillis how long messages are kept; 0: the backend's default
 * @param retentionBytes how many bytes of messages are kept, per partition where it has several; 0:
 *     the backend's default
 */
public record Topic(
    String physicalName,
    boolean create,
    int partitions,
    int replicas,
    long retentionMillis,
    long retentionBytes) {}
