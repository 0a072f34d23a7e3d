/** Logs: one JSON object a line on standard error (RFC 8.3), without secrets or values. */
@NullMarked
package dev.prism.proxy.log;

import org.jspecify.annotations.NullMarked;
