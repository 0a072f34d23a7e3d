/** What every call brings with it besides its message, and how one is answered. */
@NullMarked
package dev.prism.proxy.call;

import org.jspecify.annotations.NullMarked;
