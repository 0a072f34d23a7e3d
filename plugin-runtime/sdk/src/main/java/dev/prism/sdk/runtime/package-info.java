/**
 * What runs a plugin: takes calls off the link, checks and joins them, hands them to the stores and
 * answers. A plugin's author needs nothing of it but {@link dev.prism.sdk.runtime.PluginRuntime},
 * for tests.
 */
@NullMarked
package dev.prism.sdk.runtime;

import org.jspecify.annotations.NullMarked;
