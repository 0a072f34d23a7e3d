/** The Redis backend against real servers. */
@NullMarked
package dev.prism.plugin.redis;

import org.jspecify.annotations.NullMarked;
