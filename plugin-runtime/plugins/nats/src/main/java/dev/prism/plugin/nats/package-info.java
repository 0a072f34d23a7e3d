/** Queues on JetStream streams, and events on NATS subjects. */
@NullMarked
package dev.prism.plugin.nats;

import org.jspecify.annotations.NullMarked;
