package dev.prism.grpc.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http2.hpack.HPackEncoder;
import org.apache.hc.core5.util.ByteArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuffmanPaddingTest {
  private final HuffmanPadding padding = new HuffmanPadding();

  @Test
  void whatAnEncoderMakesIsNotTooLong() throws Exception {
    HPackEncoder encoder = new HPackEncoder(0, StandardCharsets.ISO_8859_1);
    int endingInOnes = 0;
    for (int length = 1; length <= 16; length++) {
      for (char c = ' '; c < 0x7F; c++) {
        ByteArrayBuffer out = new ByteArrayBuffer(400);
        String value = String.valueOf(c).repeat(length);
        encoder.encodeHeader(out, new BasicHeader("x-name", value, false));
        byte[] field = out.toByteArray();

        assertThat(padding.isTooLong(field, 0)).as(value).isFalse();
        endingInOnes += field[field.length - 1] == (byte) 0xFF ? 1 : 0;
      }
    }
    assertThat(endingInOnes).as("values whose last byte looks like padding").isPositive();
  }

  /** Literals of {@code x} and {@code 1} (7.. and 5 bits), with table size updates before them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "00 01 78 82 0f ff", // a value of one character and eleven bits
        "00 01 78 81 ff", // a value of no character
        "00 83 f2 ff ff 01 31", // a name
        "20 3f e1 1f 40 01 78 82 0f ff" // behind table size updates
      })
  void aStringWithAByteOfPaddingIsTooLong(String hex) throws Exception {
    byte[] field = HexFormat.ofDelimiter(" ").parseHex(hex);

    assertThat(padding.isTooLong(field, 0)).isTrue();
  }
}
