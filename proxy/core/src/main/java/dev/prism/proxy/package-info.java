/** The proxy, assembled. */
@NullMarked
package dev.prism.proxy;

import org.jspecify.annotations.NullMarked;
