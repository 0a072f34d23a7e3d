/** The Kafka backend: queues on topics, partitions and consumer groups, and events by prefix. */
@NullMarked
package dev.prism.plugin.kafka;

import org.jspecify.annotations.NullMarked;
