package dev.prism.proxy.catalog;

import static dev.prism.proxy.catalog.Fixtures.keyValue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.control.v1.ConfigRecord;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.proxy.testing.FakeTime;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CatalogTest {
  private static final Principal ANYONE = Principal.ANONYMOUS;
  private static final Principal DEFAULT_ONLY =
      new Principal("key:d", "d", Set.of("default"), null);

  private static final int MAX_REGISTERED = 3;

  /** One for all tests, which take out what they put in: a link of its own is most of a test. */
  private static final InProcessPlugins PLUGINS = new InProcessPlugins("control");

  private final ControlStore store =
      new ControlStore(PLUGINS.get("control"), java.time.Duration.ofSeconds(5));
  private final FakeTime time = new FakeTime();
  private final Set<String> inUse = new HashSet<>();
  private Catalog catalog = catalog();

  @AfterEach
  void forget() {
    store
        .list(Kind.CONFIGS, ConfigRecord.parser())
        .forEach(entry -> store.delete(Kind.CONFIGS, entry.key()));
  }

  @AfterAll
  static void close() {
    PLUGINS.close();
  }

  @Test
  void aGoodConfigHasNoViolations() {
    assertThat(catalog.validate(keyValue("a").build(), ANYONE)).isEmpty();
    assertThat(catalog.validate(keyValue("").build(), ANYONE)).isEmpty();
  }

  static Stream<Arguments> badConfigs() {
    return Stream.of(
        bad("name", config -> config.setName("Not A Name")),
        bad("version", config -> config.setVersion("ä".repeat(33))),
        bad("pattern", config -> config.setPatternValue(0)),
        bad("pattern", config -> config.setPatternValue(99)),
        bad("pattern", config -> config.setPattern(AccessPattern.ACCESS_PATTERN_QUEUE)),
        bad("backend.type", ClientConfig.Builder::clearBackend),
        bad("backend.type", config -> config.getBackendBuilder().setTypeValue(77)),
        bad("backend.type", config -> type(config, BackendType.BACKEND_TYPE_KAFKA)),
        bad("backend.name", config -> type(config, BackendType.BACKEND_TYPE_SQLITE)),
        bad("backend.name", config -> type(config, BackendType.BACKEND_TYPE_CUSTOM)),
        bad("backend.name", config -> config.getBackendBuilder().setName("cash")),
        bad("backend.type", config -> config.getBackendBuilder().setName("main")),
        bad("backend", config -> type(config, BackendType.BACKEND_TYPE_REDIS)),
        bad(
            "backend.options[url]",
            config -> config.getBackendBuilder().putOptions("url", "redis://elsewhere")),
        bad(
            "backend.pool.max_in_flight",
            config -> config.getBackendBuilder().getPoolBuilder().setMaxInFlight(5)),
        bad(
            "backend.pool.max_in_flight",
            config -> config.getBackendBuilder().getPoolBuilder().setMaxInFlight(-1)),
        bad(
            "backend.pool.acquire_timeout",
            config -> config.getBackendBuilder().getPoolBuilder().setAcquireTimeout(seconds(-1))),
        bad("consistency.level", config -> config.getConsistencyBuilder().setLevelValue(99)),
        bad(
            "consistency.level",
            config ->
                config
                    .getConsistencyBuilder()
                    .setLevel(ConsistencyLevel.CONSISTENCY_LEVEL_BOUNDED_STALENESS)
                    .setMaxStaleness(seconds(5))),
        bad(
            "consistency.max_staleness",
            config ->
                config
                    .getConsistencyBuilder()
                    .setLevel(ConsistencyLevel.CONSISTENCY_LEVEL_STRONG)
                    .setMaxStaleness(seconds(5))),
        bad(
            "consistency.timeout_ms",
            config -> config.getConsistencyBuilder().setTimeoutMs(3_600_001)),
        bad("cache.enabled", config -> config.getCacheBuilder().setEnabled(true)),
        bad("rate_limit.rps", config -> config.getRateLimitBuilder().setRps(0)),
        bad("rate_limit.rps", config -> config.getRateLimitBuilder().setRps(Double.NaN)),
        bad("rate_limit.rps", config -> config.getRateLimitBuilder().setRps(-1)),
        bad(
            "rate_limit.rps",
            config -> config.getRateLimitBuilder().setRps(Double.POSITIVE_INFINITY)),
        bad("rate_limit.burst", config -> config.getRateLimitBuilder().setRps(1).setBurst(-1)),
        bad("namespace", config -> config.setNamespace("nowhere")),
        bad("namespace", config -> config.setNamespace("prism.control")),
        bad("value_type", config -> config.setValueType("acme.Unknown")));
  }

  @ParameterizedTest
  @MethodSource("badConfigs")
  void whatIsWrongIsAViolationOfItsField(String field, Consumer<ClientConfig.Builder> change) {
    ClientConfig.Builder config = keyValue("a");
    change.accept(config);

    List<Violation> violations = catalog.validate(config.build(), ANYONE);

    assertThat(violations).extracting(Violation::field).containsExactly(field);
  }

  @ParameterizedTest
  @MethodSource("badConfigs")
  void whatIsWrongIsNotRegistered(String field, Consumer<ClientConfig.Builder> change) {
    ClientConfig.Builder config = keyValue("a");
    change.accept(config);

    Reason reason = refusal(() -> catalog.register(config.build(), ANYONE));

    assertThat(reason)
        .isEqualTo(
            switch (field) {
              case "namespace" -> Reason.NAMESPACE_NOT_FOUND;
              case "backend" -> Reason.PLUGIN_UNAVAILABLE;
              default -> Reason.CONFIG_INVALID;
            });
    assertThat(catalog.list("default"))
        .extracting(e -> e.getConfig().getName())
        .doesNotContain("a");
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() throws Exception {
    ClientConfig config =
        keyValue("")
            .setPatternValue(0)
            .setRateLimit(dev.prism.config.v1.RateLimitConfig.getDefaultInstance())
            .setValueType("acme.X")
            .build();

    PrismException failure =
        catchThrowableOfType(PrismException.class, () -> catalog.register(config, ANYONE));

    BadRequest details = failure.status().getDetails(1).unpack(BadRequest.class);
    assertThat(details.getFieldViolationsList())
        .extracting(BadRequest.FieldViolation::getField)
        .containsExactlyInAnyOrder("name", "pattern", "rate_limit.rps", "value_type");
  }

  @Test
  void aBackendThatTheNamespaceMayNotUseIsAsOneThatIsNotThere() {
    ClientConfig.Builder config = keyValue("a").setNamespace("orders");
    config.getBackendBuilder().setType(BackendType.BACKEND_TYPE_SQLITE).setName("archive");

    List<Violation> violations = catalog.validate(config.build(), ANYONE);

    assertThat(violations).extracting(Violation::field).containsExactly("backend.name");
    assertThat(violations.getFirst().description())
        .contains("no backend")
        .doesNotContain("starting");
  }

  @Test
  void theOneInstanceOfATypeThatTheNamespaceMayUseNeedsNoName() {
    ClientConfig.Builder config = keyValue("a").setNamespace("orders");
    type(config, BackendType.BACKEND_TYPE_SQLITE);

    Catalog.Meaning meaning = catalog.meaning(config.build(), "orders");

    assertThat(meaning).isInstanceOf(Catalog.Meaning.Usable.class);
    Catalog.Meaning.Usable usable = (Catalog.Meaning.Usable) meaning;
    assertThat(usable.backend().name()).isEqualTo("main");
    assertThat(usable.level()).isEqualTo(ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
  }

  @Test
  void anotherTenantsNamespaceIsAsOneThatIsNotThere() {
    ClientConfig config = keyValue("a").setNamespace("orders").build();

    assertThat(refusal(() -> catalog.register(config, DEFAULT_ONLY)))
        .isEqualTo(Reason.NAMESPACE_NOT_FOUND);
    assertThat(refusal(() -> catalog.requireNamespace("orders", DEFAULT_ONLY)))
        .isEqualTo(Reason.NAMESPACE_NOT_FOUND);
    assertThat(refusal(() -> catalog.get("orders-only", "", DEFAULT_ONLY)))
        .isEqualTo(Reason.CONFIG_NOT_FOUND);
    assertThat(catalog.validate(config, DEFAULT_ONLY))
        .extracting(Violation::field)
        .containsExactly("namespace");
  }

  @Test
  void aRegisteredConfigIsFoundByNameAndOutlivesTheProxy() {
    Catalog.Registration registration = catalog.register(keyValue("a").build(), ANYONE);
    assertThat(registration.changed()).isTrue();

    catalog = catalog();
    catalog.load();

    assertThat(catalog.get("a", "", ANYONE)).isEqualTo(registration.entry());
    assertThat(catalog.get("a", "default", ANYONE).getSource())
        .isEqualTo(ConfigSource.CONFIG_SOURCE_REGISTERED);
    assertThat(catalog.get("a", "", ANYONE).getConfig().getNamespace()).isEqualTo("default");
    assertThat(refusal(() -> catalog.get("a", "orders", ANYONE)))
        .isEqualTo(Reason.CONFIG_NOT_FOUND);
  }

  @Test
  void theSameAgainChangesNothing() {
    catalog.register(keyValue("a").build(), ANYONE);

    assertThat(catalog.register(keyValue("a").setNamespace("default").build(), ANYONE).changed())
        .isFalse();
  }

  @Test
  void aVersionIsOneContentOnly() {
    catalog.register(keyValue("a").build(), ANYONE);
    ClientConfig.Builder other = keyValue("a");
    other.getRateLimitBuilder().setRps(5);

    assertThat(refusal(() -> catalog.register(other.build(), ANYONE)))
        .isEqualTo(Reason.CONFIG_EXISTS);

    assertThat(catalog.register(other.setVersion("2").build(), ANYONE).changed()).isTrue();
    assertThat(catalog.get("a", "", ANYONE).getConfig().getVersion()).isEqualTo("2");
  }

  @Test
  void aNameOfTheServersFileCannotBeTakenWhereItCounts() {
    assertThat(refusal(() -> catalog.register(keyValue("everywhere").build(), ANYONE)))
        .isEqualTo(Reason.CONFIG_EXISTS);
    assertThat(refusal(() -> catalog.delete("everywhere", "", ANYONE)))
        .isEqualTo(Reason.CONFIG_IN_USE);
    assertThat(catalog.register(keyValue("orders-only").build(), ANYONE).changed()).isTrue();
  }

  @Test
  void aNamespaceSeesItsOwnConfigsAndThoseForAllThatItCanUse() {
    catalog.register(keyValue("mine").build(), ANYONE);

    assertThat(catalog.list("default"))
        .extracting(entry -> entry.getConfig().getName())
        .containsExactly("archived", "everywhere", "mine");
    assertThat(catalog.list("orders"))
        .extracting(entry -> entry.getConfig().getName())
        .containsExactly("everywhere", "orders-only");
    assertThat(catalog.list("orders"))
        .allMatch(entry -> entry.getConfig().getNamespace().equals("orders"));
  }

  @Test
  void aConfigInUseStays() {
    catalog.register(keyValue("a").build(), ANYONE);
    inUse.add("default/a");
    assertThat(refusal(() -> catalog.delete("a", "", ANYONE))).isEqualTo(Reason.CONFIG_IN_USE);

    inUse.clear();

    assertThat(catalog.delete("a", "", ANYONE)).isTrue();
    assertThat(catalog.delete("a", "", ANYONE)).isFalse();
    assertThat(refusal(() -> catalog.get("a", "", ANYONE))).isEqualTo(Reason.CONFIG_NOT_FOUND);
    catalog = catalog();
    catalog.load();
    assertThat(catalog.list("default")).hasSize(2);
  }

  @Test
  void aConfigOver64KibIsRefused() {
    assertThat(
            refusal(
                () ->
                    catalog.register(
                        keyValue("a").setValueType("x".repeat(65_536)).build(), ANYONE)))
        .isEqualTo(Reason.CONFIG_INVALID);
  }

  @Test
  void aNamespaceRegistersSoManyAndNoMore() {
    for (int i = 0; i < MAX_REGISTERED; i++) {
      catalog.register(keyValue("c" + i).build(), ANYONE);
    }

    assertThat(refusal(() -> catalog.register(keyValue("more").build(), ANYONE)))
        .isEqualTo(Reason.REGISTRATION_LIMIT);
    assertThat(catalog.register(keyValue("c0").setVersion("2").build(), ANYONE).changed()).isTrue();
    assertThat(catalog.register(keyValue("more").setNamespace("orders").build(), ANYONE).changed())
        .isTrue();
  }

  private Catalog catalog() {
    return new Catalog(
        Fixtures.server(),
        Fixtures.backends(),
        new Schemas(store, time),
        store,
        time,
        (namespace, name) -> inUse.contains(namespace + "/" + name),
        MAX_REGISTERED);
  }

  private static Reason refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(PrismException.class, call).reason();
  }

  private static Arguments bad(String field, Consumer<ClientConfig.Builder> change) {
    return Arguments.of(field, change);
  }

  private static void type(ClientConfig.Builder config, BackendType type) {
    config.getBackendBuilder().setType(type);
  }

  private static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }
}
