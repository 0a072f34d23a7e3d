/** What the contract promises of itself, held by tests. */
@NullMarked
package dev.prism.contract;

import org.jspecify.annotations.NullMarked;
