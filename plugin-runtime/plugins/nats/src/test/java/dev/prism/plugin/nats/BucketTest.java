package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.status.PrismException;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketTest {
  private static final Bucket USERS = Bucket.of("shop", "users");

  private static String subject(String partition, String key) {
    return USERS.subject(new Key("users", partition, key));
  }

  @Test
  void whatANativeClientMayCallAKeyIsCalledTheSame() {
    assertThat(USERS.stream()).isEqualTo("KV_shop_users");
    assertThat(subject("42", "42")).isEqualTo("$KV.shop_users.42");
    assertThat(subject("eu.berlin/a_b-C", "eu.berlin/a_b-C"))
        .isEqualTo("$KV.shop_users.eu.berlin/a_b-C");
    assertThat(subject("europe", "42")).isEqualTo("$KV.shop_users.==europe.42");
  }

  @Test
  void everyKeyIsFoundAgainByItsSubject() {
    List<String> texts =
        List.of(
            "a",
            "a.b",
            ".a",
            "a.",
            "a..b",
            ".",
            "=",
            "==",
            "=a",
            "==a.b",
            "a b",
            "*",
            ">",
            "a.>",
            "\u0000",
            "é",
            "🎈",
            "YQ",
            "=YQ",
            "\r\n",
            "\"",
            "\\",
            "x".repeat(1024));
    for (String key : texts) {
      for (String partition : texts) {
        String subject = subject(partition, key);

        Key found = USERS.key(subject);

        assertThat(found).isEqualTo(new Key("users", partition, key));
        assertThat(subject).matches("\\$KV\\.shop_users\\.[-/_=a-zA-Z0-9]+(\\.[-/_=a-zA-Z0-9]+)*");
        assertThat(partition.equals(key) || subject.startsWith(prefix(partition)))
            .as(subject)
            .isTrue();
      }
    }
  }

  private static String prefix(String partition) {
    return USERS.subjects(partition).replace(">", "");
  }

  @Test
  void whatNoKeyIsCalledIsNoKey() {
    List<String> others =
        List.of("=", "=*", "==", "==.a", "==a.", "=YQ", "=YR", "==a=.b", "=YQ.b", "a=b", "a&b");

    assertThat(others).allMatch(other -> USERS.key("$KV.shop_users." + other) == null);
  }

  @Test
  void differentCollectionsAreDifferentBuckets() {
    List<String> names =
        List.of("a.b", "a_b", "a-b", "a__b", "a_-b", "_a.b", "_a_-b", ".a", "a.", "a", "shop_a.b");

    assertThat(names.stream().map(name -> Bucket.of("shop", name).name())).doesNotHaveDuplicates();
    assertThat(Bucket.of("shop", "orders.eu_x").name()).isEqualTo("_shop_orders_-eu__x");
    assertThat(names).allMatch(name -> Bucket.of("shop", name).name().matches("[A-Za-z0-9_-]+"));
  }

  @Test
  void aNameThatTheServerDoesNotTakeIsRefused() {
    assertThat(Bucket.of("n".repeat(63), "c".repeat(128)).stream()).hasSizeLessThan(255);
    assertThatThrownBy(() -> Bucket.of("n".repeat(63), ".".repeat(128)))
        .isInstanceOf(PrismException.class);
  }
}
