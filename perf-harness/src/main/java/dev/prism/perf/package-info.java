/** The command that measures the product and judges the figures. */
@NullMarked
package dev.prism.perf;

import org.jspecify.annotations.NullMarked;
