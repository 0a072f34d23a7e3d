package dev.prism.grpc.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A million header blocks, well formed and not, against the decoder of a connection. */
@Tag("conformance")
@Timeout(value = 2, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.MINUTES)
class HeaderFuzzTest {
  private static final int BLOCKS = 200_000;
  private static final int PER_CONNECTION = 50;
  private static final int MAX_BYTES = 8 * 1024;

  /** The block that makes Helidon's own decoder loop for ever: an eviction from an empty table. */
  private static final byte[] EVICTION_FROM_NOTHING = {
    0x3F, (byte) 0xE1, 0x1F, 0x20, 0x40, 1, 'a', 1, 'b', 0x20, 0x3F, 0
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 20_261_123, 77_000_077})
  void whateverABlockHoldsItIsReadOrRefused(long seed) {
    Random random = new Random(seed);
    int refused = 0;
    int read = 0;
    HeaderDecoder decoder = new HeaderDecoder(MAX_BYTES);
    int onThis = 0;

    for (int i = 0; i < BLOCKS; i++) {
      byte[] block = i % 1000 == 0 ? EVICTION_FROM_NOTHING : block(random);
      try {
        RequestHead head = decoder.request(block, 0, block.length);
        read++;
        if (head != null) {
          assertThat(head.path()).isNotEmpty();
          head.metadata();
        }
      } catch (ConnectionException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.COMPRESSION_ERROR);
        refused++;
        onThis = PER_CONNECTION;
      }
      if (++onThis > PER_CONNECTION) {
        decoder = new HeaderDecoder(MAX_BYTES);
        onThis = 0;
      }
    }

    assertThat(read).isGreaterThan(BLOCKS / 20);
    assertThat(refused).isGreaterThan(BLOCKS / 20);
  }

  private static byte[] block(Random random) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    int fields = random.nextInt(12);
    for (int i = 0; i < fields; i++) {
      field(random, block);
    }
    byte[] bytes = block.toByteArray();
    if (bytes.length > 0 && random.nextInt(4) == 0) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static void field(Random random, ByteArrayOutputStream block) {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> integer(block, 0x80, 7, 1 + random.nextInt(61));
      case 3 -> integer(block, 0x80, 7, random.nextInt(100));
      case 4, 5 -> {
        integer(block, 0x40, 6, random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(61));
        strings(random, block);
      }
      case 6 -> {
        integer(block, 0x00, 4, 0);
        strings(random, block);
      }
      case 7 -> integer(block, 0x20, 5, random.nextInt(5000));
      case 8 -> integer(block, 0x80, 7, random.nextInt() & Integer.MAX_VALUE);
      default -> {
        integer(block, 0x10, 4, 0);
        strings(random, block);
      }
    }
  }

  private static void strings(Random random, ByteArrayOutputStream block) {
    string(random, block);
    string(random, block);
  }

  private static void string(Random random, ByteArrayOutputStream block) {
    byte[] bytes;
    if (random.nextInt(3) == 0) {
      bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
    } else {
      bytes =
          switch (random.nextInt(6)) {
            case 0 -> ":path".getBytes(StandardCharsets.US_ASCII);
            case 1 -> "/a.B/c".getBytes(StandardCharsets.US_ASCII);
            case 2 -> "x-bin".getBytes(StandardCharsets.US_ASCII);
            case 3 -> "grpc-timeout".getBytes(StandardCharsets.US_ASCII);
            case 4 -> "99999999H".getBytes(StandardCharsets.US_ASCII);
            default -> "AA==,A".getBytes(StandardCharsets.US_ASCII);
          };
    }
    int length = random.nextInt(30) == 0 ? random.nextInt(1 << 20) : bytes.length;
    integer(block, random.nextInt(4) == 0 ? 0x80 : 0, 7, length);
    block.writeBytes(bytes);
  }

  private static void integer(ByteArrayOutputStream block, int pattern, int bits, int value) {
    int max = (1 << bits) - 1;
    if (value < max) {
      block.write(pattern | value);
      return;
    }
    block.write(pattern | max);
    int left = value - max;
    while (left >= 128) {
      block.write((left & 0x7F) | 0x80);
      left >>>= 7;
    }
    block.write(left);
  }
}
