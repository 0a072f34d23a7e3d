/** Who is calling: authentication methods and the principals they find (RFC 9.1). */
@NullMarked
package dev.prism.proxy.auth;

import org.jspecify.annotations.NullMarked;
