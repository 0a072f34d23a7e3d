/** What a backend implements whose rows are read page by page. */
@NullMarked
package dev.prism.sdk.reader;

import org.jspecify.annotations.NullMarked;
