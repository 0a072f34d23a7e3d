/** What a backend implements to carry events to whoever listens now (RFC 5.3). */
@NullMarked
package dev.prism.sdk.pubsub;

import org.jspecify.annotations.NullMarked;
