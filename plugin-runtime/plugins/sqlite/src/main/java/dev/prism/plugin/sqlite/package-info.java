/** Values in an embedded SQLite database. */
@NullMarked
package dev.prism.plugin.sqlite;

import org.jspecify.annotations.NullMarked;
