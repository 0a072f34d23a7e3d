/**
 * From a session's config to the plugin process that serves the call, and how a call fares there.
 */
@NullMarked
package dev.prism.proxy.route;

import org.jspecify.annotations.NullMarked;
