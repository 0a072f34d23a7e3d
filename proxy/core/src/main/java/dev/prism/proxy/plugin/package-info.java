/**
 * The supervisor: starts, watches, restarts and ends the plugin processes that this proxy runs
 * itself.
 */
@NullMarked
package dev.prism.proxy.plugin;

import org.jspecify.annotations.NullMarked;
