/** Carries messages from mailboxes to topics: the outbox pattern (RFC 5.5, 7.2). */
@NullMarked
package dev.prism.proxy.relay;

import org.jspecify.annotations.NullMarked;
