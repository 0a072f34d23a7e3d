package dev.prism.proxy.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One mapping of the file, read key by key. Every key that is asked for is known; {@link #end}
 * reports those that were not. A value that does not fit is reported and stands at its default, so
 * that reading goes on and all problems are told at once.
 */
final class Section {
  /** Settings that every plugin knows by one name and that an administrator decides. */
  private static final Set<String> SHARED = Set.of("PRISM_CURSOR_KEY", "PRISM_CURSOR_KEY_FILE");

  private final String path;
  private final String pattern;
  private final int line;
  private final boolean present;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();
  private final Problems problems;
  private final Scalars scalars;

  private Section(
      String path,
      String pattern,
      int line,
      @Nullable Node node,
      Problems problems,
      Scalars scalars) {
    this.path = path;
    this.pattern = pattern;
    this.line = line;
    this.problems = problems;
    this.scalars = scalars;
    this.present = node != null && !node.getTag().equals(Tag.NULL);
    if (node != null && Scalars.isForeign(node.getTag())) {
      problems.at(node, path + ": tags such as " + node.getTag() + " are not supported");
    }
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        add(tuple);
      }
    } else if (present && node != null) {
      problems.at(node, (path.isEmpty() ? "the file" : path) + " must hold keys and values");
    }
  }

  /** The file as a whole. */
  static Section root(@Nullable Node node, Problems problems, Scalars scalars) {
    return new Section("", "", node == null ? 0 : Problems.line(node), node, problems, scalars);
  }

  private void add(NodeTuple tuple) {
    Node key = tuple.getKeyNode();
    if (!(key instanceof ScalarNode scalar) || Scalars.isForeign(scalar.getTag())) {
      problems.at(key, at("") + "a key must be a word");
      return;
    }
    String name = scalar.getValue();
    Node first = keys.putIfAbsent(name, key);
    if (first == null) {
      values.put(name, tuple.getValueNode());
    } else {
      problems.at(
          key, path(name) + " is there twice; the first is at line " + Problems.line(first));
    }
  }

  /** Whether the section is in the file. */
  boolean present() {
    return present;
  }

  /** Where the section is, from 1; its parent's line where it is not in the file. */
  int line() {
    return line;
  }

  /** The line of a key, or of the section where the key is not there. */
  int line(String key) {
    Node node = keys.get(key);
    return node == null ? line : Problems.line(node);
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  Problems problems() {
    return problems;
  }

  Scalars scalars() {
    return scalars;
  }

  /** The value of a key, which is known from here on; null where it is not there. */
  @Nullable Node node(String key) {
    asked.add(key);
    problems.knows(pattern.isEmpty() ? key : pattern + "." + key);
    return values.get(key);
  }

  @Nullable String string(String key) {
    Node node = node(key);
    return node == null ? null : scalars.string(path(key), node);
  }

  boolean bool(String key, boolean otherwise) {
    Node node = node(key);
    return node == null ? otherwise : or(scalars.bool(path(key), node), otherwise);
  }

  int integer(String key, int otherwise, int min, int max) {
    return (int) integer(key, (long) otherwise, min, max);
  }

  long integer(String key, long otherwise, long min, long max) {
    Node node = node(key);
    return node == null ? otherwise : or(scalars.integer(path(key), node, min, max), otherwise);
  }

  double number(String key, double otherwise, double min, double max) {
    Node node = node(key);
    return node == null ? otherwise : or(scalars.number(path(key), node, min, max), otherwise);
  }

  Duration duration(String key, Duration otherwise, Duration min, Duration max) {
    Node node = node(key);
    return node == null ? otherwise : or(scalars.duration(path(key), node, min, max), otherwise);
  }

  int size(String key, int otherwise, int min, int max) {
    return (int) size(key, (long) otherwise, min, max);
  }

  long size(String key, long otherwise, long min, long max) {
    Node node = node(key);
    return node == null ? otherwise : or(scalars.size(path(key), node, min, max), otherwise);
  }

  /** A section within this one; an absent one gives its defaults. */
  Section section(String key) {
    return child(key, key, node(key));
  }

  /** The keys that are in the file, in its order. */
  Set<String> keys() {
    return values.keySet();
  }

  /** Every entry of a section whose keys are names that the user chooses. */
  void entries(String key, BiConsumer<String, Section> each) {
    Section named = section(key);
    for (Map.Entry<String, Node> entry : named.values.entrySet()) {
      named.asked.add(entry.getKey());
      each.accept(entry.getKey(), named.child(entry.getKey(), "*", entry.getValue()));
    }
  }

  /** Every mapping of a list; what is none is reported. */
  List<Section> items(String key) {
    Node node = node(key);
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      problems.at(node, path(key) + " must be a list, each entry with keys and values");
      return List.of();
    }
    List<Section> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(
          new Section(
              path(key) + "[" + items.size() + "]",
              pattern.isEmpty() ? key : pattern + "." + key,
              Problems.line(item),
              item,
              problems,
              scalars));
    }
    return items;
  }

  /** A list of words. */
  List<String> strings(String key) {
    Node node = node(key);
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof SequenceNode sequence)) {
      problems.at(node, path(key) + " must be a list, such as [a, b]");
      return List.of();
    }
    List<String> strings = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      String text = scalars.string(path(key), item);
      if (text != null) {
        strings.add(text);
      }
    }
    return strings;
  }

  /**
   * Settings for a plugin's environment. One that ends in {@code _FILE} names a file that holds the
   * value of the setting without that ending, as secrets are mounted into containers.
   */
  Map<String, String> settings(String key) {
    Section section = section(key);
    Map<String, String> settings = new LinkedHashMap<>();
    for (Map.Entry<String, Node> entry : section.values.entrySet()) {
      String name = entry.getKey();
      section.asked.add(name);
      if (!name.matches("[A-Z][A-Z0-9_]*")) {
        problems.at(
            section.line(name), section.path(name) + " must be in capitals, as DATABASE_URL");
        continue;
      }
      if (name.startsWith("PRISM_") && !SHARED.contains(name)) {
        problems.at(
            section.line(name),
            section.path(name) + ": names that begin with PRISM_ are the server's to set");
        continue;
      }
      boolean file = name.endsWith("_FILE") && name.length() > "_FILE".length();
      String target = file ? name.substring(0, name.length() - "_FILE".length()) : name;
      String value =
          file
              ? scalars.file(section.path(name), entry.getValue())
              : scalars.string(section.path(name), entry.getValue());
      if (value != null && settings.put(target, value) != null) {
        problems.at(
            section.line(name),
            section.path(target) + " is given both here and as " + target + "_FILE");
      }
    }
    return settings;
  }

  /**
   * Reports every key that nothing asked for, with the known key that it probably was meant to be.
   */
  void end() {
    for (Map.Entry<String, Node> entry : keys.entrySet()) {
      if (!asked.contains(entry.getKey())) {
        problems.at(
            entry.getValue(),
            "unknown key " + path(entry.getKey()) + Names.suggest(entry.getKey(), asked));
      }
    }
  }

  private Section child(String key, String patternKey, @Nullable Node node) {
    String childPattern = pattern.isEmpty() ? patternKey : pattern + "." + patternKey;
    return new Section(path(key), childPattern, line(key), node, problems, scalars);
  }

  private String at(String suffix) {
    return path.isEmpty() ? suffix : path + suffix + ": ";
  }

  private static <T> T or(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }
}
