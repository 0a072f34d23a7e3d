package dev.prism.conformance;

import dev.prism.sdk.Capability;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The capabilities that each backend must have for each interface, from {@code
 * required-capabilities.txt}: a backend that stops declaring one fails, rather than having its
 * tests skipped.
 */
public final class RequiredCapabilities {
  /** The data interfaces, named as in the file. */
  public enum Interface {
    KEY_VALUE,
    QUEUE,
    PUBSUB,
    READER,
    TRANSACT
  }

  private RequiredCapabilities() {}

  /**
   * What {@code backend} must declare for {@code data}.
   *
   * @throws IllegalArgumentException where the file has no such line: every backend has one
   */
  public static Set<Capability> of(String backend, Interface data) {
    for (List<String> words : lines()) {
      if (words.get(0).equals(backend) && words.get(1).equals(data.name())) {
        Set<Capability> required = EnumSet.noneOf(Capability.class);
        words.subList(2, words.size()).forEach(word -> required.add(Capability.valueOf(word)));
        return required;
      }
    }
    throw new IllegalArgumentException(
        "required-capabilities.txt has no line '" + backend + " " + data + "'");
  }

  private static List<List<String>> lines() {
    try (InputStream in =
        RequiredCapabilities.class.getResourceAsStream("required-capabilities.txt")) {
      if (in == null) {
        throw new IllegalStateException("required-capabilities.txt is not in the jar");
      }
      List<List<String>> lines = new ArrayList<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .forEach(line -> lines.add(List.of(line.split(" +", -1))));
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
