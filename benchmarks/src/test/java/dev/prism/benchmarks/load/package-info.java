/** Tests of the load generator. */
@NullMarked
package dev.prism.benchmarks.load;

import org.jspecify.annotations.NullMarked;
