/** What a backend implements to serve the KeyValue interface. */
@NullMarked
package dev.prism.sdk.keyvalue;

import org.jspecify.annotations.NullMarked;
