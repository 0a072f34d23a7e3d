/** Sessions: opened with credentials and configs, used by every data call (RFC 4; contract 2). */
@NullMarked
package dev.prism.proxy.session;

import org.jspecify.annotations.NullMarked;
