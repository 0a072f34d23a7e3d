package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.status.Reason;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A disk that is full: a file system of 16 MiB that only the proxy and its plugins see. */
@Tag("system")
class DiskFullTest {
  @Test
  void aPutOnAFullDiskIsRefusedAndEverythingAcknowledgedIsStillRead() throws Exception {
    // Given
    Path disk = Prism.newDirectory("disk-full");
    assumeTrue(
        new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", disk.toString())
                .start()
                .waitFor()
            == 0,
        "cannot mount a file system of its own here");
    List<String> onSmallDisk =
        List.of(
            "unshare",
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=16m tmpfs \"$0\" && head -c 4194304 /dev/zero >\"$0/other\" && exec \"$@\"",
            disk.toString());
    try (Prism prism = Prism.up(onSmallDisk, disk.resolve("data"))) {
      KeyValueServiceBlockingStub client = prism.keyValue("default");
      int acknowledged = 0;
      StatusRuntimeException refused = null;

      // When it is filled
      while (refused == null && acknowledged < 1000) {
        try {
          client.withDeadlineAfter(10, TimeUnit.SECONDS).put(put(acknowledged));
          acknowledged++;
        } catch (StatusRuntimeException full) {
          refused = full;
        }
      }

      // Then
      System.out.printf("disk of 16 MiB: %d values of 64 KiB, then %s%n", acknowledged, refused);
      assertThat(refused).isNotNull();
      assertThat(Errors.reasonOf(refused)).isEqualTo(Reason.BACKEND_FULL.name());
      assertThat(acknowledged).isPositive();
      for (int n = 0; n < acknowledged; n++) {
        assertThat(client.get(get(n)).getItem().getValue()).isEqualTo(put(n).getValue());
      }
      assertThat(client.get(get(acknowledged)).hasItem()).isFalse();

      // And it takes puts again when somebody makes room
      Files.delete(
          Path.of("/proc/" + prism.pid() + "/root")
              .resolve(disk.toString().substring(1))
              .resolve("other"));
      Await.until(
          "a put is answered",
          java.time.Duration.ofSeconds(10),
          () -> {
            try {
              client.withDeadlineAfter(5, TimeUnit.SECONDS).put(put(5000));
              return true;
            } catch (StatusRuntimeException stillFull) {
              return false;
            }
          });
      assertThat(client.get(get(5000)).hasItem()).isTrue();
    }
  }

  private static PutRequest put(int n) {
    byte[] value = new byte[64 << 10];
    java.util.Arrays.fill(value, (byte) n);
    return PutRequest.newBuilder()
        .setCollection("full")
        .setKey("key-" + n)
        .setValue(ByteString.copyFrom(value))
        .build();
  }

  private static GetRequest get(int n) {
    return GetRequest.newBuilder().setCollection("full").setKey("key-" + n).build();
  }
}
