/** The log of a plugin process: JSON, one object a line. */
@NullMarked
package dev.prism.sdk.log;

import org.jspecify.annotations.NullMarked;
