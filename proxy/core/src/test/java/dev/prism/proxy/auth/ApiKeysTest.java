package dev.prism.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.prism.admin.v1.ApiKey;
import dev.prism.control.v1.ApiKeyRecord;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.proxy.testing.FakeTime;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class ApiKeysTest {
  private final InProcessPlugins plugins = new InProcessPlugins("control");
  private final ControlStore store =
      new ControlStore(plugins.get("control"), Duration.ofMillis(500));
  private final FakeTime time = new FakeTime();
  private final List<String> ended = new ArrayList<>();
  private ApiKeys keys = keys();

  @AfterEach
  void close() {
    plugins.close();
  }

  @Test
  void aKeyTellsWhoCallsAndWhatItMayUse() {
    ApiKeys.Created created = keys.create("billing", List.of("orders"), null);

    Principal principal = authenticate("Bearer " + created.text());

    assertThat(principal.identity()).isEqualTo("key:billing");
    assertThat(principal.credential()).isEqualTo(created.key().getId());
    assertThat(principal.mayUse("orders")).isTrue();
    assertThat(principal.mayUse("reports")).isFalse();
    assertThat(principal.expiresAt()).isNull();
    assertThat(created.text()).matches("pk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer %s", "bearer   %s", "BEARER %s", "%s"})
  void theSchemeMayBeWrittenAsClientsDo(String header) {
    ApiKeys.Created created = keys.create("a", List.of("*"), null);

    assertThat(authenticate(String.format(header, created.text())).mayUse("reports")).isTrue();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "  "})
  void noCredentialsAreMissingOnes(String header) {
    assertThat(refusal(header)).isEqualTo(Reason.CREDENTIALS_MISSING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer pk_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer pk_0123456789ABCDEF_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer pk__",
        "pk_0123456789abcdef_short"
      })
  void whatIsNoKeyOfOursIsInvalid(String header) {
    assertThat(refusal(header)).isEqualTo(Reason.CREDENTIALS_INVALID);
  }

  @Test
  void aHugeHeaderIsRefusedUnread() {
    assertThat(refusal("Bearer " + "x".repeat(10_000_000))).isEqualTo(Reason.CREDENTIALS_INVALID);
  }

  @Test
  void theSecretOfOneKeyDoesNotOpenAnother() {
    String one = keys.create("one", List.of("*"), null).text();
    String two = keys.create("two", List.of("*"), null).text();

    assertThat(refusal(one.substring(0, 20) + two.substring(20)))
        .isEqualTo(Reason.CREDENTIALS_INVALID);
  }

  @Test
  void aKeyEndsWhenItExpires() {
    ApiKeys.Created created =
        keys.create("a", List.of("*"), time.instant().plus(Duration.ofMinutes(1)));
    assertThat(authenticate(created.text()).expiresAt())
        .isEqualTo(time.instant().plus(Duration.ofMinutes(1)));

    time.advance(Duration.ofMinutes(1));

    assertThat(refusal(created.text())).isEqualTo(Reason.CREDENTIALS_INVALID);
    assertThat(keys.isLive(created.key().getId())).isFalse();
  }

  @Test
  void aRevokedKeyEndsWithAllThatItOpened() {
    ApiKeys.Created created = keys.create("a", List.of("*"), null);

    boolean first = keys.revoke(created.key().getId());
    boolean again = keys.revoke(created.key().getId());

    assertThat(first).isTrue();
    assertThat(again).isTrue();
    assertThat(keys.revoke("0000000000000000")).isFalse();
    assertThat(refusal(created.text())).isEqualTo(Reason.CREDENTIALS_INVALID);
    assertThat(ended).contains(created.key().getId());
    assertThat(keys.list().getFirst().hasRevokedAt()).isTrue();
  }

  @Test
  void aKeyIsRefusedFromTheMomentOfItsRevocationThoughTheStoreIsAway() {
    ApiKeys.Created created = keys.create("a", List.of("*"), null);
    plugins.get("control").kill();

    PrismException failure =
        catchThrowableOfType(PrismException.class, () -> keys.revoke(created.key().getId()));

    assertThat(failure.reason()).isEqualTo(Reason.PLUGIN_UNAVAILABLE);
    assertThat(refusal(created.text())).isEqualTo(Reason.CREDENTIALS_INVALID);
    assertThat(ended).containsExactly(created.key().getId());
  }

  @Test
  void keysOutliveTheProxyAndSoDoesTheirEnd() {
    ApiKeys.Created kept = keys.create("kept", List.of("orders"), null);
    ApiKeys.Created revoked = keys.create("revoked", List.of("orders"), null);
    keys.revoke(revoked.key().getId());

    keys = keys();
    keys.load();

    assertThat(authenticate(kept.text()).identity()).isEqualTo("key:kept");
    assertThat(refusal(revoked.text())).isEqualTo(Reason.CREDENTIALS_INVALID);
  }

  @Test
  void theSecretIsKeptNowhere() {
    ApiKeys.Created created = keys.create("a", List.of("*"), null);
    String secret = created.text().substring(20);

    ApiKeyRecord record = store.list(Kind.API_KEYS, ApiKeyRecord.parser()).getFirst().value();

    assertThat(record.toByteString().toStringUtf8()).doesNotContain(secret);
    assertThat(record.getSecretHash().size()).isEqualTo(32);
    assertThat(created.toString()).doesNotContain(secret);
  }

  @Test
  void keysAreListedOldestFirstAndByNamespace() {
    keys.create("one", List.of("orders"), null);
    time.advance(Duration.ofSeconds(1));
    keys.create("two", List.of("reports"), null);
    time.advance(Duration.ofSeconds(1));
    keys.create("three", List.of("*"), null);

    assertThat(keys.list()).extracting(ApiKey::getName).containsExactly("one", "two", "three");
    assertThat(keys.page("orders", 0, "").entries())
        .extracting(ApiKey::getName)
        .containsExactly("one", "three");
    var page = keys.page("", 2, "");
    assertThat(page.entries()).hasSize(2);
    assertThat(keys.page("", 2, page.next()).entries())
        .extracting(ApiKey::getName)
        .containsExactly("three");
  }

  @Test
  void whatAKeyCannotBeIsSaid() {
    assertThat(failure("", List.of("*"))).isEqualTo(Reason.FIELD_INVALID);
    assertThat(failure("a b", List.of("*"))).isEqualTo(Reason.FIELD_INVALID);
    assertThat(failure("a", List.of())).isEqualTo(Reason.FIELD_INVALID);
    assertThat(failure("a", List.of("*", "orders"))).isEqualTo(Reason.FIELD_INVALID);
    assertThat(failure("a", List.of("nowhere"))).isEqualTo(Reason.NAMESPACE_NOT_FOUND);
    assertThat(failure("a", List.of("prism.control"))).isEqualTo(Reason.NAMESPACE_NOT_FOUND);
    assertThat(
            catchThrowableOfType(
                    PrismException.class, () -> keys.create("a", List.of("*"), time.instant()))
                .reason())
        .isEqualTo(Reason.FIELD_INVALID);
    assertThat(keys.list()).isEmpty();
  }

  @Test
  void aFloodOfFailedAttemptsLeavesFewLinesThatSayHowManyThereWere() {
    Logger audit = (Logger) LoggerFactory.getLogger("audit");
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    audit.addAppender(lines);
    try {
      for (int i = 0; i < 1000; i++) {
        refusal("Bearer guess" + i);
      }
      time.advance(Duration.ofSeconds(1));
      refusal("Bearer guess");

      assertThat(lines.list).hasSize(ApiKeys.AUDITED_A_SECOND + 1);
      assertThat(lines.list.getLast().getKeyValuePairs().toString()).contains("left_out=\"990\"");
      assertThat(lines.list.toString()).doesNotContain("guess");
    } finally {
      audit.detachAppender(lines);
    }
  }

  private ApiKeys keys() {
    return new ApiKeys(store, Set.of("orders", "reports"), time, ended::add);
  }

  private Principal authenticate(String header) {
    return keys.authenticate(new RequestHeaders(header, null, null, "127.0.0.1:1"));
  }

  private Reason refusal(String header) {
    return catchThrowableOfType(PrismException.class, () -> authenticate(header)).reason();
  }

  private Reason failure(String name, List<String> namespaces) {
    return catchThrowableOfType(PrismException.class, () -> keys.create(name, namespaces, null))
        .reason();
  }
}
