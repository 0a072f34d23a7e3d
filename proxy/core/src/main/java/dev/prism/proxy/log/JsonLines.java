package dev.prism.proxy.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * One event as one JSON object on one line: {@code time}, {@code level}, {@code logger}, {@code
 * message}, then the event's own key-value pairs, then {@code error} with the stack trace.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final byte[] NONE = new byte[0];
  private static final int LINE = 256;

  @Override
  public byte[] headerBytes() {
    return NONE;
  }

  @Override
  public byte[] footerBytes() {
    return NONE;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(LINE).append('{');
    field(line, "time", event.getInstant().toString());
    field(line, "level", event.getLevel().toString());
    field(line, "logger", event.getLoggerName());
    field(line, "message", event.getFormattedMessage());
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        if (pair.value instanceof Number || pair.value instanceof Boolean) {
          name(line, pair.key).append(pair.value);
        } else {
          field(line, pair.key, String.valueOf(pair.value));
        }
      }
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      field(line, "error", ThrowableProxyUtil.asString(thrown));
    }
    return line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void field(StringBuilder line, String name, String value) {
    name(line, name);
    string(line, value);
  }

  private static StringBuilder name(StringBuilder line, String name) {
    if (line.length() > 1) {
      line.append(',');
    }
    string(line, name);
    return line.append(':');
  }

  private static void string(StringBuilder line, String text) {
    line.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> line.append("\\\"");
        case '\\' -> line.append("\\\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (c < ' ') {
            line.append("\\u00")
                .append(Character.forDigit(c >> 4, 16))
                .append(Character.forDigit(c & 0xF, 16));
          } else {
            line.append(c);
          }
        }
      }
    }
    line.append('"');
  }
}
