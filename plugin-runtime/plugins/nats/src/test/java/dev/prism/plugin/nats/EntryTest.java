package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Item;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EntryTest {
  private static final byte[] VALUE = {1, 2};

  private static Entry read(Headers headers) {
    return Entry.of(new Got("$KV.n_c.k", 7, headers, VALUE, 0, 0));
  }

  @Test
  void metadataIsHeadersThatANativeClientReads() {
    Headers headers = Entry.headers("text/plain", Map.of("origin", "test", "ключ", "ы"), 1000);

    assertThat(headers.getFirst("origin")).isEqualTo("test");
    assertThat(headers.getFirst("Content-Type")).isEqualTo("text/plain");
    assertThat(headers.getFirst("Prism-Expires")).isEqualTo("1000");
    assertThat(headers.size()).isEqualTo(4);
  }

  @Test
  void noMetadataIsTakenForAnythingElse() {
    Map<String, String> metadata =
        Map.of(
            "a", "Nats-Expected-Last-Subject-Sequence:7",
            "X-Nats-Expected-Last-Subject-Sequence", "7",
            "nats-rollup", "all",
            "KV-Operation", "PURGE",
            "Prism-Expires", "1",
            "content-type", "none",
            "two\r\nlines", "base64:x",
            "", "empty",
            " ", " ",
            "ключ", "");

    Headers headers = Entry.headers("", metadata, Item.NEVER);

    Entry entry = read(headers);
    assertThat(entry.item().metadata()).isEqualTo(metadata);
    assertThat(entry.isThere(Long.MAX_VALUE - 1)).isTrue();
    assertThat(entry.item().contentType()).isEmpty();
    assertThat(new String(headers.getSerialized(), StandardCharsets.US_ASCII))
        .doesNotContainIgnoringCase("nats-");
  }

  @Test
  void anotherExpiryKeepsTheEtag() {
    Item item = read(new Headers()).item();

    Entry entry = read(Entry.expiring(item, 2000));

    assertThat(item.etag()).isEqualTo("7");
    assertThat(read(Entry.expiring(entry.item(), Item.NEVER)).item().etag()).isEqualTo("7");
    assertThat(entry.isThere(1999)).isTrue();
    assertThat(entry.isThere(2000)).isFalse();
  }

  @Test
  void aMarkerIsNoItemAndMayGoAfterItsTime() {
    Entry marker = read(Entry.marker(1000));

    assertThat(marker.isThere(0)).isFalse();
    assertThat(marker.isOver(999)).isFalse();
    assertThat(marker.isOver(1000)).isTrue();
  }
}
