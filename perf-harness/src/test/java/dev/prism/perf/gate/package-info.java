@NullMarked
package dev.prism.perf.gate;

import org.jspecify.annotations.NullMarked;
