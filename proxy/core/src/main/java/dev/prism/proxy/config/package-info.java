/**
 * The server's own configuration: one YAML file plus environment (design section 8), checked before
 * anything starts.
 */
@NullMarked
package dev.prism.proxy.config;

import org.jspecify.annotations.NullMarked;
