/** What a backend of the Queue interface implements, and the values that it gets and gives. */
@NullMarked
package dev.prism.sdk.queue;

import org.jspecify.annotations.NullMarked;
