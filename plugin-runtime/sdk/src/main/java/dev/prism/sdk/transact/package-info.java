/** What a backend implements whose tables and mailboxes are written in transactions. */
@NullMarked
package dev.prism.sdk.transact;

import org.jspecify.annotations.NullMarked;
