package dev.prism.proxy.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The commented configuration that {@code prism config example} prints; it loads as it stands. */
public final class ExampleConfig {
  private ExampleConfig() {}

  /** YAML with every key that there is. */
  public static String text() {
    try (InputStream in = ExampleConfig.class.getResourceAsStream("example.yaml")) {
      if (in == null) {
        throw new IllegalStateException("example.yaml is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
