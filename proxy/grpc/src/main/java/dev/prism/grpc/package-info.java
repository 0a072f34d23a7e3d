/** gRPC over HTTP/2 on the listener; knows nothing of Prism. */
@NullMarked
package dev.prism.grpc;

import org.jspecify.annotations.NullMarked;
