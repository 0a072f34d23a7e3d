package dev.prism.proxy.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.admin.v1.PluginState;
import dev.prism.grpc.Engine;
import dev.prism.link.CallHeader;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.route.Plugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The supervisor with real child processes. */
@Tag("conformance")
class PluginSupervisorTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration GRACE = Duration.ofSeconds(2);

  @TempDir private Path home;

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private @Nullable PluginSupervisor supervisor;

  @BeforeEach
  void product() throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(PluginCommand.MAIN, TestPlugin.class.getName());
    main.put(PluginCommand.OPTIONS, "-Xmx32m  -Dprism.test.option=its-own");
    StringBuilder classPath = new StringBuilder();
    for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      classPath.append(Path.of(entry).toUri()).append(' ');
    }
    main.put(Attributes.Name.CLASS_PATH, classPath.toString());
    Path jar = Files.createDirectories(home.resolve("plugins/test")).resolve("test.jar");
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
  }

  @AfterEach
  void nothingIsLeftBehind() {
    if (supervisor != null) {
      List<Long> pids = supervisor.all().stream().map(plugin -> plugin.status().pid()).toList();
      supervisor.close();
      assertThat(pids).noneMatch(PluginSupervisorTest::isAlive);
    }
  }

  @Test
  void aPluginIsStartedServesAndTellsOfItself() throws Exception {
    PluginSupervisor plugins = start(backend("a", ""));
    assertThat(plugins.awaitReady(LONG)).isTrue();

    assertThat(echo(plugins, "a", "hello")).isEqualTo("hello");
    Plugins.Status status = plugins.find("a").status();
    assertThat(status.state()).isEqualTo(PluginState.PLUGIN_STATE_READY);
    assertThat(status.info().getName()).isEqualTo("test");
    assertThat(isAlive(status.pid())).isTrue();
    assertThat(status.residentBytes()).isBetween(1L << 20, 1L << 30);
    assertThat(status.restarts()).isZero();
  }

  @Test
  void aKilledPluginFailsItsCallsAtOnceAndIsStartedAgain() throws Exception {
    // Given
    PluginSupervisor plugins = start(backend("a", ""), backend("b", ""));
    plugins.awaitReady(LONG);
    Plugins.Incarnation first = plugins.find("a").current();
    long pid = plugins.find("a").status().pid();

    // When
    signal("KILL", pid);

    // Then
    await("the link is down", () -> first.link().state() == Link.State.DOWN);
    Plugins.Incarnation next =
        plugins.find("a").awaitNext(first.number(), System.nanoTime() + LONG.toNanos());
    assertThat(next.number()).isEqualTo(2);
    assertThat(echo(next.link(), "again")).isEqualTo("again");
    Plugins.Status status = plugins.find("a").status();
    assertThat(status.pid()).isNotEqualTo(pid);
    assertThat(status.restarts()).isEqualTo(1);
    assertThat(status.lastFailure()).contains("signal 9");
    assertThat(plugins.find("b").status().restarts()).isZero();
  }

  @Test
  void aPluginThatSaysItCannotRunLikeThisKeepsTheServerFromStarting() {
    PluginSupervisor plugins = start(backend("a", "refuse"));
    assertThatThrownBy(() -> plugins.awaitReady(LONG))
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("'a'")
        .hasMessageContaining("the file is from a newer version");
  }

  @Test
  void aBackendWithoutPluginKeepsTheServerFromStarting() {
    PluginSupervisor plugins =
        start(new Backend("x", "oracle", pool(), Map.of(), Duration.ofMinutes(1)));
    assertThatThrownBy(() -> plugins.awaitReady(LONG))
        .isInstanceOf(PluginStartException.class)
        .hasMessageContaining("oracle");
  }

  @Test
  void aCrashLoopIsReportedWhileTheOthersServe() throws Exception {
    PluginSupervisor plugins = start(backend("bad", "crash"), backend("good", ""));

    assertThat(plugins.awaitReady(LONG)).isFalse();

    Plugins.Status status = plugins.find("bad").status();
    assertThat(status.state()).isEqualTo(PluginState.PLUGIN_STATE_CRASH_LOOP);
    assertThat(status.lastFailure()).contains("status 3").contains("out of luck");
    assertThat(plugins.ready()).isFalse();
    assertThat(echo(plugins, "good", "on")).isEqualTo("on");
    assertThatThrownBy(() -> plugins.find("bad").current())
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.PLUGIN_UNAVAILABLE));
  }

  @Test
  void aStoppedPluginIsSeenAsStalledAndGoesOnWhenItBeatsAgain() throws Exception {
    // Given
    PluginSupervisor plugins = start(backend("a", ""));
    plugins.awaitReady(LONG);
    long pid = plugins.find("a").status().pid();

    // When
    signal("STOP", pid);
    await("it is stalled", () -> state(plugins, "a") == PluginState.PLUGIN_STATE_STALLED);
    signal("CONT", pid);

    // Then
    await("it is ready", () -> state(plugins, "a") == PluginState.PLUGIN_STATE_READY);
    assertThat(plugins.find("a").status().pid()).isEqualTo(pid);
    assertThat(echo(plugins, "a", "same")).isEqualTo("same");
  }

  @Test
  void aPluginThatHasAllTheCallsItTakesIsStillReady() throws Exception {
    // Given calls that fill the link
    PluginSupervisor plugins = start(backend("a", ""));
    plugins.awaitReady(LONG);
    Link link = plugins.find("a").current().link();
    List<Thread> callers = new ArrayList<>();
    await(
        "the link is full",
        () -> {
          for (int i = 0; i < 100; i++) {
            callers.add(Thread.startVirtualThread(() -> hold(link)));
          }
          return link.stats().refused() > 0;
        });
    await(
        "all callers wait or were refused",
        () -> callers.stream().filter(Thread::isAlive).count() == link.stats().inFlight());
    long refused = link.stats().refused();

    // When the supervisor finds no room to ask whether it is ready
    await("it was refused twice", () -> link.stats().refused() >= refused + 2);

    // Then
    assertThat(state(plugins, "a")).isEqualTo(PluginState.PLUGIN_STATE_READY);
    for (Thread caller : callers) {
      caller.interrupt();
      caller.join();
    }
    assertThat(echo(plugins, "a", "after")).isEqualTo("after");
  }

  private static void hold(Link link) {
    long now = System.nanoTime();
    try {
      link.call(
          new CallHeader(
              TestPlugin.HOLD, "default", 0, 0, 0, now + LONG.toNanos(), now, "test", null),
          new byte[0]);
    } catch (LinkException e) {
      // Refused because the link is full, or interrupted: what this is for.
    }
  }

  @Test
  void aPluginThatStaysStalledIsKilledAndStartedAgain() throws Exception {
    // Given
    PluginSupervisor plugins =
        start(new Backend("a", "test", pool(), Map.of(), Duration.ofSeconds(1)));
    plugins.awaitReady(LONG);
    long pid = plugins.find("a").status().pid();

    // When
    signal("STOP", pid);

    // Then
    await(
        "another process is ready",
        () -> state(plugins, "a") == PluginState.PLUGIN_STATE_READY && pid(plugins, "a") != pid);
    assertThat(isAlive(pid)).isFalse();
    assertThat(plugins.find("a").status().lastFailure()).contains("no heartbeat");
  }

  @Test
  void aPluginThatDoesNotStopIsKilledAfterTheGrace() throws Exception {
    // Given
    PluginSupervisor plugins = start(backend("a", "deaf"));
    plugins.awaitReady(LONG);
    long pid = pid(plugins, "a");
    long begun = System.nanoTime();

    // When
    plugins.close();

    // Then
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(GRACE, GRACE.plusSeconds(10));
    assertThat(isAlive(pid)).isFalse();
    assertThat(state(plugins, "a")).isEqualTo(PluginState.PLUGIN_STATE_STOPPED);
  }

  @Test
  void aPluginSeesItsOwnSettingsAndNothingElseOfTheProxysEnvironment() throws Exception {
    PluginSupervisor plugins = start(backend("a", "tell"));
    plugins.awaitReady(LONG);

    await("it has told", () -> log.toString(UTF_8).contains("environment ["));
    Optional<String> line =
        log.toString(UTF_8).lines().filter(each -> each.startsWith("environment")).findFirst();
    String names = line.orElseThrow().replaceAll("^environment \\[|]$", "");
    assertThat(names.split(", "))
        .contains("TEST_MODE", "PRISM_LINK", "PRISM_INSTANCE", "PRISM_BACKEND_TYPE")
        // PWD is what a shell sets for itself, MALLOC_ARENA_MAX what the proxy says to the C
        // library
        .allMatch(
            name ->
                name.startsWith("PRISM_")
                    || List.of("TEST_MODE", "PWD", "MALLOC_ARENA_MAX").contains(name));
  }

  @Test
  void aPluginsOwnOptionsOfTheMachineComeAfterThoseOfAll() throws Exception {
    PluginSupervisor plugins = start(backend("a", "tell"));
    plugins.awaitReady(LONG);

    await("it has told", () -> log.toString(UTF_8).contains("option its-own, 3"));
  }

  @Test
  void severalProcessesOfABackendAreEachTheirOwn() throws Exception {
    // Given
    PluginSupervisor plugins =
        start(
            new Backend(
                "a",
                "test",
                pool(),
                Map.of("TEST_MODE", "tell"),
                Duration.ofMinutes(1),
                List.of(Backend.ALL_ROLES, Set.of(PluginRole.PLUGIN_ROLE_CONSUMER))));
    plugins.awaitReady(LONG);
    Plugins.Plugin first = plugins.processes("a").get(0);
    Plugins.Plugin second = plugins.processes("a").get(1);
    long pid = second.status().pid();

    // When
    signal("KILL", pid);

    // Then
    await("another second", () -> second.isReady() && second.status().pid() != pid);
    assertThat(second.status().restarts()).isEqualTo(1);
    assertThat(first.status().restarts()).isZero();
    assertThat(second.roles()).containsExactly(PluginRole.PLUGIN_ROLE_CONSUMER);
    assertThat(echo(first.current().link(), "one")).isEqualTo("one");
    assertThat(echo(second.current().link(), "two")).isEqualTo("two");
    assertThat(log.toString(UTF_8))
        .contains("process 0 plays null")
        .contains("process 1 plays consumer");
  }

  @Test
  void aBackendServesWhileEachRoleHasAProcessThatIsReady() throws Exception {
    // Given
    PluginSupervisor plugins =
        start(
            new Backend(
                "a",
                "test",
                pool(),
                Map.of(),
                Duration.ofMinutes(1),
                List.of(Backend.ALL_ROLES, Backend.ALL_ROLES)));
    plugins.awaitReady(LONG);
    long pid = plugins.processes("a").get(0).status().pid();

    // When
    signal("STOP", pid);
    await("it is passed over", () -> !plugins.processes("a").get(0).isReady());

    // Then
    assertThat(plugins.ready()).isTrue();
    signal("CONT", pid);
  }

  private PluginSupervisor start(Backend... backends) {
    Map<String, Backend> byName = new LinkedHashMap<>();
    for (Backend backend : backends) {
      byName.put(backend.name(), backend);
    }
    ServerConfig config =
        new ServerConfig(
            new ServerConfig.Server(
                "127.0.0.1", 0, 0, false, 1 << 20, Duration.ofSeconds(10), GRACE),
            new ServerConfig.Grpc(Engine.PRISM, null),
            new ServerConfig.Auth(false),
            new ServerConfig.Sessions(Duration.ofMinutes(5), Duration.ofHours(1), 10),
            new ServerConfig.Control("a"),
            home.resolve("data"),
            byName,
            Map.of(),
            Map.of());
    PluginSupervisor started = PluginSupervisor.start(config, home, "test", log);
    supervisor = started;
    return started;
  }

  private static Backend backend(String name, String mode) {
    return new Backend(name, "test", pool(), Map.of("TEST_MODE", mode), Duration.ofMinutes(1));
  }

  private static ServerConfig.Pool pool() {
    return new ServerConfig.Pool(4, Duration.ofSeconds(1));
  }

  private static PluginState state(PluginSupervisor plugins, String instance) {
    return plugins.find(instance).status().state();
  }

  private static long pid(PluginSupervisor plugins, String instance) {
    return plugins.find(instance).status().pid();
  }

  private static String echo(PluginSupervisor plugins, String instance, String text)
      throws LinkException {
    return echo(plugins.find(instance).current().link(), text);
  }

  private static String echo(Link link, String text) throws LinkException {
    long now = System.nanoTime();
    CallHeader header =
        new CallHeader(1, "default", 0, 0, 0, now + LONG.toNanos(), now, "test", null);
    return new String(link.call(header, text.getBytes(UTF_8)), UTF_8);
  }

  private static boolean isAlive(long pid) {
    return pid != 0 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still not so: " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}
