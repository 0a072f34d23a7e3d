/**
 * All that a plugin is made of but its backend: what it implements, and the process that carries
 * it.
 */
@NullMarked
package dev.prism.sdk;

import org.jspecify.annotations.NullMarked;
