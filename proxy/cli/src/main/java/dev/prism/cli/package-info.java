/** The prism command. */
@NullMarked
package dev.prism.cli;

import org.jspecify.annotations.NullMarked;
