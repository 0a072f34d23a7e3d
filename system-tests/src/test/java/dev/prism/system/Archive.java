package dev.prism.system;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The archive of {@code ./prism dist}, unpacked into a folder with a blank in its name, and used as
 * on a machine without Java: with an empty environment and a PATH that has what the launcher needs.
 */
final class Archive {
  private static final List<String> TOOLS = List.of("bash", "dirname");

  /** The folder that is in it. */
  final Path home;

  private final Path tools;

  private Archive(Path home, Path tools) {
    this.home = home;
    this.tools = tools;
  }

  /** Makes it of this checkout, and unpacks it in {@code folder}. */
  static Archive in(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("prism.tar.gz");
    String program = Prism.HOME.resolve("prism").toString();
    System.out.print(Tools.run(folder, Map.of(), program, "dist", "--output", file.toString()));
    Path unpacked = Files.createDirectory(folder.resolve("a place"));
    Tools.run(unpacked, Map.of(), "tar", "-xzf", file.toString());
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(
          tools.resolve(tool),
          Path.of(Tools.run(folder, Map.of(), "sh", "-c", "command -v " + tool).strip()));
    }
    try (Stream<Path> top = Files.list(unpacked)) {
      return new Archive(top.findFirst().orElseThrow(), tools);
    }
  }

  /** The command, without a Java in sight. */
  List<String> program() {
    return List.of("env", "-i", "PATH=" + tools, home.resolve("prism").toString());
  }

  /** How {@code prism WORDS} ended. */
  Tools.Ended end(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(program());
    command.addAll(List.of(words));
    return Tools.end(tools, Map.of(), command.toArray(String[]::new));
  }

  /** Its files, by their path in the folder. */
  List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(home)) {
      return all.filter(Files::isRegularFile).map(home::relativize).toList();
    }
  }

  /** The modules that its Java has. */
  Set<String> modules() throws IOException, InterruptedException {
    String list =
        Tools.run(home, Map.of(), home.resolve("runtime/bin/java").toString(), "--list-modules");
    Set<String> modules = new TreeSet<>();
    list.lines().map(line -> line.substring(0, line.indexOf('@'))).forEach(modules::add);
    return modules;
  }

  /** The modules of a whole JDK that classes in its jars name, used or not. */
  Set<String> namedModules() throws IOException {
    Map<String, String> moduleOfPackage = new HashMap<>();
    ModuleFinder.ofSystem()
        .findAll()
        .forEach(
            module ->
                module
                    .descriptor()
                    .packages()
                    .forEach(each -> moduleOfPackage.put(each, module.descriptor().name())));
    Set<String> modules = new TreeSet<>();
    Set<Path> seen = new TreeSet<>();
    for (Path file : files()) {
      if (file.toString().endsWith(".jar") && seen.add(file.getFileName())) {
        for (String type : namedTypes(home.resolve(file))) {
          String module = moduleOfPackage.get(packageOf(type));
          if (module != null) {
            modules.add(module);
          }
        }
      }
    }
    return modules;
  }

  /** The types in the constant pools of a jar's classes. */
  private static Set<String> namedTypes(Path jar) throws IOException {
    Set<String> types = new TreeSet<>();
    try (JarFile file = new JarFile(jar.toFile(), false)) {
      for (JarEntry entry : file.stream().toList()) {
        String name = entry.getName();
        if (name.endsWith(".class") && !name.endsWith("module-info.class")) {
          byte[] bytes = file.getInputStream(entry).readAllBytes();
          ClassFile.of()
              .parse(bytes)
              .constantPool()
              .forEach(
                  constant -> {
                    if (constant instanceof ClassEntry type) {
                      types.add(type.asInternalName());
                    }
                  });
        }
      }
    }
    return types;
  }

  /** The package of an internal name, of an array's elements where it is one. */
  private static String packageOf(String type) {
    String name = type.replaceFirst("^\\[+L", "");
    int end = name.lastIndexOf('/');
    return end < 0 ? "" : name.substring(0, end).replace('/', '.');
  }
}
