/**
 * A load generator for unary and server-streaming gRPC calls over raw HTTP/2, made to cost little
 * beside the server that it loads: one thread for all connections, nothing allocated a call.
 */
@NullMarked
package dev.prism.perf.load;

import org.jspecify.annotations.NullMarked;
