/** What has to hold of the figures, and whether it does. */
@NullMarked
package dev.prism.perf.gate;

import org.jspecify.annotations.NullMarked;
