package dev.prism.plugin.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class ItemNamesTest {
  private static final List<String> PARTS = List.of("\0", "a", "b", "é", "\uFFFD", "🎈");

  /** All texts of one to three parts. */
  private static List<String> texts() {
    List<String> texts = new ArrayList<>(PARTS);
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      if (text.codePointCount(0, text.length()) < 3) {
        PARTS.forEach(part -> texts.add(text + part));
      }
    }
    return texts;
  }

  private static List<Key> keys() {
    List<Key> keys = new ArrayList<>();
    for (String key : texts()) {
      keys.add(new Key("c", key, key));
      PARTS.forEach(partition -> keys.add(new Key("c", partition + "p", key)));
    }
    return keys;
  }

  @Test
  void anItemIsKnownByItsNameItsPlaceAndItsEntry() {
    for (Key key : keys()) {
      byte[] name = ItemNames.name(key);
      byte[] place = ItemNames.place(key);

      assertThat(ItemNames.ofName("c", name)).isEqualTo(key);
      assertThat(ItemNames.ofEntry(ItemNames.entry("c", name))).isEqualTo(key);
      if (place != null) {
        assertThat(ItemNames.ofPlace("c", place)).isEqualTo(key);
      }
    }
  }

  @Test
  void namesAreInTheOrderOfKeysAndThoseOfAKeyTogether() {
    List<Key> keys = new ArrayList<>(keys());

    keys.sort(Comparator.comparing(ItemNames::name, Arrays::compareUnsigned));

    assertThat(keys)
        .isSortedAccordingTo(
            Comparator.comparing(key -> Bytes.of(key.key()), Arrays::compareUnsigned));
    assertThat(keys.stream().map(ItemNames::name).map(Arrays::toString)).doesNotHaveDuplicates();
  }

  @Test
  void placesAreInTheOrderOfPartitionsAndThenOfKeys() {
    List<Key> keys = new ArrayList<>();
    for (String partition : texts()) {
      PARTS.forEach(key -> keys.add(new Key("c", partition, key + "k")));
    }

    keys.sort(Comparator.comparing(ItemNames::place, Arrays::compareUnsigned));

    Comparator<Key> byPartition =
        Comparator.comparing(key -> Bytes.of(key.partition()), Arrays::compareUnsigned);
    assertThat(keys)
        .isSortedAccordingTo(
            byPartition.thenComparing(key -> Bytes.of(key.key()), Arrays::compareUnsigned));
  }
}
