package dev.prism.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A language with a client in {@code system-tests/clients}, and how that is built and run. */
enum Language {
  PYTHON {
    private final Path python = folder.resolve("venv/bin/python");

    @Override
    void compile() throws Exception {
      Tools.needs("python3");
      run("python3", "-m", "venv", "venv");
      run(python, "-m", "pip", "install", "--quiet", "-r", sources.resolve("requirements.txt"));
      Files.createDirectories(folder.resolve("generated"));
      List<Object> protoc = new ArrayList<>(List.of(python, "-m", "grpc_tools.protoc"));
      protoc.add("--descriptor_set_in=" + PRISM_SET + ":" + TEST_SERVICE_SET);
      protoc.addAll(List.of("--python_out=generated", "--grpc_python_out=generated"));
      protoc.addAll(CONTRACT);
      protoc.add("testservice.proto");
      run(protoc.toArray());
    }

    @Override
    Command command(String set, String endpoint) {
      return new Command(
          List.of(python.toString(), sources.resolve("client.py").toString(), set, endpoint),
          Map.of(
              "PYTHONPATH",
              folder.resolve("generated").toString(),
              "PYTHONDONTWRITEBYTECODE",
              "1"));
    }
  },
  GO {
    @Override
    void compile() throws Exception {
      Tools.needs("go");
      copySources();
      List<Object> buf = new ArrayList<>();
      buf.addAll(List.of(Prism.HOME.resolve("proto/target/buf/buf"), "generate", PRISM_SET));
      CONTRACT.forEach(file -> buf.addAll(List.of("--path", file)));
      run(buf.toArray());
      run("go", "build", "-buildvcs=false", "-o", "client", ".");
    }

    @Override
    Command command(String set, String endpoint) {
      return new Command(List.of(folder.resolve("client").toString(), set, endpoint), Map.of());
    }
  },
  RUST {
    @Override
    void compile() throws Exception {
      Tools.needs("cargo");
      run(
          "cargo",
          "build",
          "--quiet",
          "--locked",
          "--manifest-path",
          sources.resolve("Cargo.toml"),
          "--target-dir",
          folder);
    }

    @Override
    Command command(String set, String endpoint) {
      return new Command(
          List.of(folder.resolve("debug/client").toString(), set, endpoint), Map.of());
    }
  },
  NODE {
    @Override
    void compile() throws Exception {
      Tools.needs("npm");
      copySources();
      run("npm", "ci", "--no-audit", "--no-fund");
    }

    @Override
    Command command(String set, String endpoint) {
      return new Command(
          List.of("node", folder.resolve("client.js").toString(), set, endpoint), DESCRIPTORS);
    }
  },
  JAVA {
    @Override
    void compile() {
      // The build of these tests has compiled it.
    }

    @Override
    Command command(String set, String endpoint) {
      return new Command(
          List.of(
              Path.of(System.getProperty("java.home"), "bin/java").toString(),
              "-Dprism.home=" + Prism.HOME,
              JavaClient.class.getName(),
              set,
              endpoint),
          Map.of("CLASSPATH", System.getProperty("java.class.path")));
    }
  };

  private static final Path PRISM_SET = Prism.HOME.resolve("proto/target/prism.binpb");
  private static final Path TEST_SERVICE_SET =
      Prism.HOME.resolve("system-tests/target/testservice.binpb");
  private static final Map<String, String> DESCRIPTORS =
      Map.of("PRISM_SET", PRISM_SET.toString(), "TESTSERVICE_SET", TEST_SERVICE_SET.toString());

  /** The files of the contract that the clients need. */
  private static final List<String> CONTRACT =
      List.of(
          "prism/options.proto",
          "prism/type/v1/type.proto",
          "prism/type/v1/message.proto",
          "prism/type/v1/value.proto",
          "prism/config/v1/config.proto",
          "prism/session/v1/session.proto",
          "prism/keyvalue/v1/keyvalue.proto",
          "prism/queue/v1/queue.proto",
          "prism/reader/v1/reader.proto",
          "prism/transact/v1/transact.proto");

  /** What starts a client. */
  record Command(List<String> line, Map<String, String> environment) {}

  /** Where the client's sources are. */
  final Path sources = Prism.HOME.resolve("system-tests/clients").resolve(toString());

  /** Where it is built. */
  final Path folder = Tools.FOLDER.resolve(toString());

  private boolean built;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Builds the client, once for all tests; skips the test where the language's tools are absent.
   */
  final void build() throws Exception {
    if (!built) {
      compile();
      built = true;
    }
  }

  abstract void compile() throws Exception;

  /** What runs one set of steps of the client that was built. */
  abstract Command command(String set, String endpoint);

  /** Runs a command of the build. */
  final void run(Object... command) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Tools.run(
        folder, DESCRIPTORS, Arrays.stream(command).map(Object::toString).toArray(String[]::new));
  }

  /** For tools that write beside the sources. */
  final void copySources() throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(sources)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
