/**
 * What the proxy itself keeps across restarts, held by a durable backend through the product's own
 * KeyValue calls.
 */
@NullMarked
package dev.prism.proxy.store;

import org.jspecify.annotations.NullMarked;
