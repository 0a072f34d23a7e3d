/** Client configurations: named, registered and inline, and what makes one valid (RFC 3). */
@NullMarked
package dev.prism.proxy.catalog;

import org.jspecify.annotations.NullMarked;
