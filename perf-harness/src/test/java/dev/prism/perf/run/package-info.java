@NullMarked
package dev.prism.perf.run;

import org.jspecify.annotations.NullMarked;
