/** What was measured, for programs (JSON) and for people (one HTML page). */
@NullMarked
package dev.prism.perf.report;

import org.jspecify.annotations.NullMarked;
