/** Tests of the load generator. */
@NullMarked
package dev.prism.perf.load;

import org.jspecify.annotations.NullMarked;
