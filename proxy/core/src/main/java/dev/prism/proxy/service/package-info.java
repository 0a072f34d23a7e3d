/** The gRPC services of the data plane, and what is common to every call. */
@NullMarked
package dev.prism.proxy.service;

import org.jspecify.annotations.NullMarked;
