package dev.prism.proxy.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says over the file; null leaves what the file says.
 *
 * @param insecure listen without authentication wherever the file says; false leaves what it says
 */
public record Overrides(
    @Nullable Integer port,
    @Nullable Integer adminPort,
    @Nullable Path data,
    @Nullable String listen,
    boolean insecure) {
  /** Nothing is overridden. */
  public static final Overrides NONE = new Overrides(null, null, null, null, false);
}
