/**
 * What an administrator sees and does, on the admin port: over gRPC, and the health page over HTTP.
 */
@NullMarked
package dev.prism.proxy.admin;

import org.jspecify.annotations.NullMarked;
