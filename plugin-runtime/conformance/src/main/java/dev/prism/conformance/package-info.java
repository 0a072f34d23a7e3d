/** Suites that every backend runs, one per interface. */
@NullMarked
package dev.prism.conformance;

import org.jspecify.annotations.NullMarked;
