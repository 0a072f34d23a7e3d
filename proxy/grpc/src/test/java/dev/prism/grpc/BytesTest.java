package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class BytesTest {
  /** Otherwise grpc-java copies each message through a new buffer of 8 KiB. */
  @Test
  void aMessageIsDrainedOfWhatWasNotReadYet() throws IOException {
    InputStream message = Bytes.MARSHALLER.stream(new byte[] {1, 2, 3});
    int first = message.read();
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    int drained = ((Drainable) message).drainTo(out);

    assertThat(first).isEqualTo(1);
    assertThat(drained).isEqualTo(2);
    assertThat(out.toByteArray()).containsExactly(2, 3);
    assertThat(((KnownLength) message).available()).isZero();
  }
}
