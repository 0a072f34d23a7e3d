package dev.prism.plugin.nats;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.IncomingHeadersProcessor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * JetStream's answer to a question for a message. Of a stream leader's, which is JSON, only this is
 * read: the driver takes a hundred times as long over all of it.
 *
 * @param code 404 where there is no such message, 0 where there is
 * @param errorCode JetStream's own code, why there is no answer; 0 where there is
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Got(
    String subject,
    long sequence,
    @Nullable Headers headers,
    byte[] payload,
    int code,
    int errorCode) {
  private static final byte[] NONE = {};

  /** Of the stream's leader. */
  static Got fromLeader(byte[] json) {
    String text = new String(json, StandardCharsets.ISO_8859_1);
    if (text.contains("\"error\":{")) {
      int code = (int) PubAck.number(text, "\"code\"");
      return new Got("", 0, null, NONE, code, (int) PubAck.number(text, "\"err_code\""));
    }
    byte[] headers = base64(json, text, "\"hdrs\":\"");
    int subject = start(text, "\"subject\":\"");
    return new Got(
        subject < 0 ? "" : text.substring(subject, text.indexOf('"', subject)),
        PubAck.number(text, "\"seq\""),
        headers.length == 0 ? null : new IncomingHeadersProcessor(headers).getHeaders(),
        base64(json, text, "\"data\":\""),
        0,
        0);
  }

  /** Of any copy of the stream, which answers with the message itself. */
  static Got direct(Message message) {
    Headers headers = message.getHeaders();
    return new Got(
        String.valueOf(headers.getFirst("Nats-Subject")),
        Long.parseLong(headers.getFirst("Nats-Sequence")),
        headers,
        message.getData(),
        0,
        0);
  }

  /** No text within the JSON has a quotation mark that is not escaped. */
  private static int start(String text, String name) {
    int at = text.indexOf(name);
    return at < 0 ? -1 : at + name.length();
  }

  private static byte[] base64(byte[] json, String text, String name) {
    int start = start(text, name);
    return start < 0
        ? NONE
        : Base64.getDecoder().decode(Arrays.copyOfRange(json, start, text.indexOf('"', start)));
  }
}
