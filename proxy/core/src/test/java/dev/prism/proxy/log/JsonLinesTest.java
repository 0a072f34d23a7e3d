package dev.prism.proxy.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class JsonLinesTest {
  @Test
  void anEventIsOneObjectOnOneLineWhateverItSays() {
    LoggingEvent event = new LoggingEvent();
    event.setLoggerContext(new LoggerContext());
    event.setInstant(Instant.parse("2026-01-02T03:04:05Z"));
    event.setLevel(Level.WARN);
    event.setLoggerName("a.b");
    event.setMessage("said \"no\"\n\u0001");
    event.addKeyValuePair(new KeyValuePair("count", 3));
    event.addKeyValuePair(new KeyValuePair("who", "ü\\"));

    String line = new String(new JsonLines().encode(event), StandardCharsets.UTF_8);

    assertThat(line)
        .isEqualTo(
            "{\"time\":\"2026-01-02T03:04:05Z\",\"level\":\"WARN\",\"logger\":\"a.b\",\"message\":\"said \\\"no\\\"\\n\\u0001\",\"count\":3,\"who\":\"ü\\\\\"}\n");
  }
}
