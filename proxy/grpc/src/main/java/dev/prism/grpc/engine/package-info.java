/**
 * Prism's gRPC engine: HTTP/2 (RFC 9113) and the gRPC protocol on Helidon's listener, for any
 * {@link io.grpc.ServerServiceDefinition}. One virtual thread reads a connection ({@link
 * dev.prism.grpc.engine.Connection}), each call runs on a virtual thread of its own ({@link
 * dev.prism.grpc.engine.Call}), and whichever call ends while nobody writes carries what others
 * have ready into few socket writes ({@link dev.prism.grpc.engine.Writer}).
 */
@NullMarked
package dev.prism.grpc.engine;

import org.jspecify.annotations.NullMarked;
