package dev.prism.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.PutRequest;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ResendTest {
  private static final MethodTable TABLE = MethodTable.ofContract();
  private static final MethodTable.Method GET = method("Get");
  private static final MethodTable.Method PUT = method("Put");

  private static final byte[] BLIND =
      PutRequest.newBuilder().setCollection("c").setKey("k").build().toByteArray();
  private static final byte[] KEYED =
      PutRequest.newBuilder()
          .setCollection("c")
          .setKey("k")
          .setIdempotencyKey("i")
          .build()
          .toByteArray();

  private static MethodTable.Method method(String name) {
    return Objects.requireNonNull(TABLE.find("prism.keyvalue.v1.KeyValueService/" + name));
  }

  @Test
  void aReadCanBeSentAgain() {
    boolean safe = Resend.isSafe(GET, GetRequest.getDefaultInstance().toByteArray());

    assertThat(safe).isTrue();
  }

  @Test
  void aBlindWriteCannot() {
    boolean safe = Resend.isSafe(PUT, BLIND);

    assertThat(safe).isFalse();
  }

  @Test
  void aWriteWithAnIdempotencyKeyCan() {
    boolean safe = Resend.isSafe(PUT, KEYED);

    assertThat(safe).isTrue();
  }

  @Test
  void aKeyThatALaterEmptyOneReplacesIsNone() {
    // Field 15 with no bytes: what counts, as it stands last.
    ByteString request =
        ByteString.copyFrom(KEYED).concat(ByteString.copyFrom(new byte[] {0x7a, 0}));

    boolean safe = Resend.isSafe(PUT, request.toByteArray());

    assertThat(safe).isFalse();
  }
}
