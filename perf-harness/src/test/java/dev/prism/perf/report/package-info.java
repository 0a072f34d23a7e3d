/** Tests of the report for programs and of the one for people. */
@NullMarked
package dev.prism.perf.report;

import org.jspecify.annotations.NullMarked;
