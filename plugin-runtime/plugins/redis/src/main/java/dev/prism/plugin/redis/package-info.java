/** Queues on Redis streams, and events on Redis channels. */
@NullMarked
package dev.prism.plugin.redis;

import org.jspecify.annotations.NullMarked;
