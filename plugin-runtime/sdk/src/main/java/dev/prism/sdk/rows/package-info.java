/** Tables, their columns, and conditions on their rows, as Reader and Transact have them. */
@NullMarked
package dev.prism.sdk.rows;

import org.jspecify.annotations.NullMarked;
