package dev.prism.sdk;

import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A plugin's configuration: variables of the environment (RFC 6.3), read through typed getters that
 * refuse what is wrong with the variable's name. A variable that is set but blank counts as not
 * set.
 *
 * <p>Variables every plugin knows: {@code PRISM_PLUGIN_ROLE}, {@code PRISM_BACKEND_TYPE}, {@code
 * PRISM_NAMESPACE}, {@code PRISM_INSTANCE}, {@code PRISM_POOL_SIZE}, {@code PRISM_DATA_DIR}; {@code
 * docs/writing-a-plugin.md} lists them all. Immutable.
 */
public final class PluginConfig {
  /** What {@code PRISM_POOL_SIZE} may be at most. */
  public static final int MAX_POOL_SIZE = 64;

  private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})\\s*(|[KMG]i?B?|B)");
  private static final Pattern INSTANCE = Pattern.compile("[A-Za-z0-9_.-]{1,63}");

  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Map<String, String> variables;

  private PluginConfig(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  /** A configuration of exactly these variables. */
  public static PluginConfig of(Map<String, String> variables) {
    return new PluginConfig(variables);
  }

  /** This configuration with a variable more, or with another value of it. */
  public PluginConfig with(String variable, String value) {
    Map<String, String> changed = new HashMap<>(variables);
    changed.put(variable, value);
    return new PluginConfig(changed);
  }

  /**
   * What this process is called among those of its backend; {@code PRISM_INSTANCE}, by default
   * {@code default}.
   */
  public String instance() {
    String instance = string("PRISM_INSTANCE").orElse("default");
    if (!INSTANCE.matcher(instance).matches()) {
      throw new PluginConfigException(
          "PRISM_INSTANCE", "must be 1 to 63 characters of A-Z a-z 0-9 _ . -");
    }
    return instance;
  }

  /**
   * The number of this process among those that serve the same backend instance, {@code
   * PRISM_PROCESS}; 0 where it is the only one.
   */
  public int process() {
    return integer("PRISM_PROCESS", 0, 0, Receipt.MOST_PROCESS);
  }

  /**
   * The roles this process is to play, {@code PRISM_PLUGIN_ROLE}, several with commas between them;
   * all where it is not set.
   */
  public Set<PluginRole> roles() {
    Optional<String> text = string("PRISM_PLUGIN_ROLE");
    if (text.isEmpty()) {
      return EnumSet.allOf(PluginRole.class);
    }
    EnumSet<PluginRole> roles = EnumSet.noneOf(PluginRole.class);
    for (String each : text.get().split(",", -1)) {
      roles.add(choice("PRISM_PLUGIN_ROLE", each.strip(), PluginRole.class));
    }
    return roles;
  }

  /** {@code PRISM_BACKEND_TYPE}, in lower case. */
  public Optional<String> backendType() {
    return string("PRISM_BACKEND_TYPE").map(type -> type.toLowerCase(Locale.ROOT));
  }

  /** The one namespace this process may serve, {@code PRISM_NAMESPACE}; empty: any. */
  public Optional<String> namespace() {
    return string("PRISM_NAMESPACE");
  }

  /**
   * How many connections the backend may hold, {@code PRISM_POOL_SIZE}: 1 to {@value
   * #MAX_POOL_SIZE}.
   *
   * @param absent what holds where it is not set
   */
  public int poolSize(int absent) {
    return integer("PRISM_POOL_SIZE", absent, 1, MAX_POOL_SIZE);
  }

  /**
   * Where the plugin may keep files, {@code PRISM_DATA_DIR}. Made where it is not there, with the
   * folders above it, for this process's user alone (mode 700); one that is there keeps its mode.
   */
  public Path dataDir() {
    Path path =
        string("PRISM_DATA_DIR")
            .map(Path::of)
            .orElseThrow(
                () ->
                    new PluginConfigException(
                        "PRISM_DATA_DIR", "not set; give a directory for the plugin's files"));
    try {
      Files.createDirectories(path, OWNER_ONLY);
    } catch (IOException e) {
      throw new PluginConfigException(
          "PRISM_DATA_DIR", "cannot make the directory " + path + ": " + e.getMessage());
    }
    if (!Files.isWritable(path)) {
      throw new PluginConfigException(
          "PRISM_DATA_DIR", path + " is not writable for the user this process runs as");
    }
    return path;
  }

  /**
   * What the server's configuration says of the topics of queues: {@code PRISM_TOPICS}, or the file
   * that {@code PRISM_TOPICS_FILE} names.
   */
  public Topics topics() {
    Optional<String> text = secret("PRISM_TOPICS");
    try {
      return text.map(Topics::parse).orElseGet(Topics::unconfigured);
    } catch (IllegalArgumentException e) {
      throw new PluginConfigException("PRISM_TOPICS", String.valueOf(e.getMessage()));
    }
  }

  /** The variable's text, without white space around it. */
  public Optional<String> string(String variable) {
    String value = variables.get(variable);
    return value == null || value.isBlank() ? Optional.empty() : Optional.of(value.strip());
  }

  /**
   * The variable's text.
   *
   * @throws PluginConfigException where it is not set
   */
  public String required(String variable) {
    return string(variable).orElseThrow(() -> notSet(variable));
  }

  /**
   * A secret: the variable's own text, or what stands in the file that {@code VARIABLE_FILE} names
   * (a final line break is cut off).
   *
   * @throws PluginConfigException where both are set, or the file cannot be read
   */
  public Optional<String> secret(String variable) {
    String fileVariable = variable + "_FILE";
    Optional<String> file = string(fileVariable);
    if (file.isEmpty()) {
      return string(variable);
    }
    if (string(variable).isPresent()) {
      throw new PluginConfigException(variable, "set together with " + fileVariable + "; keep one");
    }
    try {
      String text = Files.readString(Path.of(file.get())).replaceFirst("\\R\\z", "");
      if (text.isEmpty()) {
        throw new PluginConfigException(fileVariable, "the file " + file.get() + " is empty");
      }
      return Optional.of(text);
    } catch (IOException e) {
      throw new PluginConfigException(
          fileVariable, "cannot read the file " + file.get() + " (" + kind(e) + ")");
    }
  }

  /** A whole number within bounds, or {@code absent} where the variable is not set. */
  public int integer(String variable, int absent, int least, int most) {
    Optional<String> text = string(variable);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as a number out of bounds.
    }
    throw new PluginConfigException(
        variable,
        "must be a whole number from " + least + " to " + most + ", not '" + text.get() + "'");
  }

  /**
   * A number of bytes such as {@code 65536}, {@code 64KiB} or {@code 1G} (units of 1024), or {@code
   * absent} where the variable is not set.
   */
  public long bytes(String variable, long absent, long least, long most) {
    Optional<String> text = string(variable);
    if (text.isEmpty()) {
      return absent;
    }
    Matcher matcher = SIZE.matcher(text.get());
    if (matcher.matches()) {
      String unit = matcher.group(2);
      int shift =
          switch (unit.isEmpty() ? 'B' : unit.charAt(0)) {
            case 'K' -> 10;
            case 'M' -> 20;
            case 'G' -> 30;
            default -> 0;
          };
      long value = Long.parseLong(matcher.group(1));
      if (value <= most >> shift && value << shift >= least) {
        return value << shift;
      }
    }
    throw new PluginConfigException(
        variable,
        "must be a size from %d to %d bytes, such as 64MiB, not '%s'"
            .formatted(least, most, text.get()));
  }

  /** {@code true} or {@code false}, or {@code absent} where the variable is not set. */
  public boolean flag(String variable, boolean absent) {
    Optional<String> text = string(variable);
    return switch (text.map(value -> value.toLowerCase(Locale.ROOT)).orElse("")) {
      case "" -> absent;
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new PluginConfigException(
              variable, "must be true or false, not '" + text.orElseThrow() + "'");
    };
  }

  /** One of an enum's names, in any case. */
  public <E extends Enum<E>> Optional<E> choice(String variable, Class<E> type) {
    return string(variable).map(text -> choice(variable, text, type));
  }

  private static <E extends Enum<E>> E choice(String variable, String text, Class<E> type) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(text)) {
        return constant;
      }
    }
    String names =
        String.join(", ", Arrays.stream(type.getEnumConstants()).map(PluginConfig::lower).toList());
    throw new PluginConfigException(variable, "must be one of " + names + ", not '" + text + "'");
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static PluginConfigException notSet(String variable) {
    return new PluginConfigException(variable, "not set");
  }

  private static String kind(IOException e) {
    return e.getClass().getSimpleName();
  }
}
