/** The proxy's figures (RFC 8.2), and the plugins' own merged into one page. */
@NullMarked
package dev.prism.proxy.metrics;

import org.jspecify.annotations.NullMarked;
