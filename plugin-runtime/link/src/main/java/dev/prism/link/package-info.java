/**
 * The link between the proxy and a plugin process: calls and streams of protobuf bytes as frames on
 * two rings in shared memory, or within one process. It knows nothing of what the bytes mean.
 */
@NullMarked
package dev.prism.link;

import org.jspecify.annotations.NullMarked;
