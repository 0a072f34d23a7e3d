package dev.prism.proxy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads the server's configuration: one YAML file, variables from the environment, and what the
 * command line says over both. Everything that is wrong is told at once, with file and line.
 * docs/configuration.md lists every key.
 */
public final class ServerConfigLoader {
  /** The largest configuration file. */
  private static final int MAX_FILE_BYTES = 4 << 20;

  private ServerConfigLoader() {}

  /**
   * Reads and checks a configuration.
   *
   * @param file the YAML file, or null for what is served without one: namespace {@code default} on
   *     embedded SQLite, and a memory backend beside it
   * @param env the environment that {@code ${NAME}} in the file means
   * @param overrides what the command line says
   * @throws ConfigErrors with every error
   */
  public static ServerConfig load(@Nullable Path file, Map<String, String> env, Overrides overrides)
      throws ConfigErrors {
    Problems problems = new Problems(file == null ? "default configuration" : file.toString());
    Node root = null;
    Path base = Path.of("");
    if (file != null) {
      root = compose(read(file, problems), problems);
      Path parent = file.toAbsolutePath().getParent();
      base = parent == null ? base : parent;
    }
    ServerConfig config = read(root, problems, new Scalars(problems, env, base), overrides);
    problems.throwIfAny();
    return config;
  }

  /** Every key that the reader knows, {@code *} standing for a name that the user chooses. */
  static Set<String> keysKnownAfterReading(String yaml) throws ConfigErrors {
    Problems problems = new Problems("text");
    read(
        compose(yaml, problems),
        problems,
        new Scalars(problems, Map.of(), Path.of("")),
        Overrides.NONE);
    problems.throwIfAny();
    return problems.knownKeys();
  }

  private static ServerConfig read(
      @Nullable Node root, Problems problems, Scalars scalars, Overrides overrides) {
    return new ServerConfigReader(Section.root(root, problems, scalars), overrides).read();
  }

  private static String read(Path file, Problems problems) throws ConfigErrors {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MAX_FILE_BYTES) {
        problems.at(0, "the file is over " + MAX_FILE_BYTES + " bytes");
      } else {
        return Files.readString(file);
      }
    } catch (NoSuchFileException e) {
      problems.at(0, "there is no such file");
    } catch (java.nio.charset.CharacterCodingException e) {
      problems.at(0, "the file is not UTF-8 text");
    } catch (IOException e) {
      problems.at(0, "the file cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    problems.throwIfAny();
    throw new IllegalStateException("a file that was not read is a problem");
  }

  private static @Nullable Node compose(String yaml, Problems problems) throws ConfigErrors {
    // Keys that are no words are told by Section, with their line.
    LoadSettings settings =
        LoadSettings.builder()
            .setCodePointLimit(MAX_FILE_BYTES)
            .setAllowNonScalarKeys(true)
            .build();
    try {
      List<Node> documents = new java.util.ArrayList<>();
      new Compose(settings).composeAllFromString(yaml).forEach(documents::add);
      if (documents.size() > 1) {
        problems.at(documents.get(1), "the file holds a second document; there may be one only");
      }
      return documents.isEmpty() ? null : documents.getFirst();
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      problems.at(mark.map(each -> each.getLine() + 1).orElse(0), "not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      problems.at(0, "not YAML: " + e.getMessage());
    }
    problems.throwIfAny();
    return null;
  }
}
