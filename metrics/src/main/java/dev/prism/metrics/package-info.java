/** What the library of metrics lacks on the path of a call. */
@NullMarked
package dev.prism.metrics;

import org.jspecify.annotations.NullMarked;
