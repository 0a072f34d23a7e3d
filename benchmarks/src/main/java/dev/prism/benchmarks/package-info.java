/** What a call costs, part by part and as a whole. */
@NullMarked
package dev.prism.benchmarks;

import org.jspecify.annotations.NullMarked;
