/** Rows read from the vertices of a graph: Amazon Neptune's, or another server's of Gremlin. */
@NullMarked
package dev.prism.plugin.neptune;

import org.jspecify.annotations.NullMarked;
