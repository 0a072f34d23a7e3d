/** Values in memory: for tests and for data that may be lost. */
@NullMarked
package dev.prism.plugin.memory;

import org.jspecify.annotations.NullMarked;
