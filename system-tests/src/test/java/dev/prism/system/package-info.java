/** The third ring: the shipped command, real processes, killed and stopped ones too. */
@NullMarked
package dev.prism.system;

import org.jspecify.annotations.NullMarked;
