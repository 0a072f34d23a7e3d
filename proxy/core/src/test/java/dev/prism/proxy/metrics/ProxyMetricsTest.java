package dev.prism.proxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.proxy.testing.DataPlaneHarness;
import dev.prism.proxy.testing.InProcessPlugins;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProxyMetricsTest {
  @Test
  void whatACallIsMeasuredByAllocatesNothing() {
    ProxyMetrics metrics = new ProxyMetrics();
    MethodMetrics method = metrics.method("service", "Method");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;

    for (int round = 0; round < 2000 && least >= 1000; round++) { // the first are not compiled
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < 1000; call++) {
        metrics.handedOver(call);
        metrics.replied(call);
        method.ended(0, call);
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(least).isLessThan(1000); // less than a byte a call: what asking itself takes
  }

  @Test
  void aThreadAndWhatItAllocatesShow() throws InterruptedException {
    // Given
    ProxyMetrics metrics = new ProxyMetrics();
    metrics.watchProcess();
    MetricsPage page = new MetricsPage(metrics, new InProcessPlugins());
    double allocated = sample(page, "jvm_allocated_bytes_total");
    double threads = sample(page, "jvm_threads_current");
    CountDownLatch done = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);

    // When
    byte[][] kept = new byte[1][];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  kept[0] = new byte[32 << 20];
                  done.countDown();
                  Assertions.assertThatCode(end::await).doesNotThrowAnyException();
                });
    done.await();

    // Then
    assertThat(sample(page, "jvm_allocated_bytes_total") - allocated).isGreaterThan(32 << 20);
    assertThat(sample(page, "jvm_threads_current")).isGreaterThan(threads);
    assertThat(sample(page, "jvm_memory_used_bytes{area=\"heap\"}")).isGreaterThan(32 << 20);
    end.countDown();
    thread.join();
    assertThat(sample(page, "jvm_allocated_bytes_total") - allocated).isGreaterThan(32 << 20);
  }

  @Test
  @Tag("conformance")
  void theWayOfAReplyIsMeasuredOfEachUnaryCallThatAPluginHasAnswered() throws IOException {
    try (DataPlaneHarness server = new DataPlaneHarness()) {
      // Given
      MetricsPage page = new MetricsPage(server.metrics, server.plugins);
      KeyValueServiceGrpc.KeyValueServiceBlockingStub nobody =
          KeyValueServiceGrpc.newBlockingStub(server.channel);
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER),
          server.session("default", config -> config));
      KeyValueServiceGrpc.KeyValueServiceBlockingStub kv =
          nobody.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      PutRequest put =
          PutRequest.newBuilder()
              .setCollection("c")
              .setKey("k")
              .setValue(ByteString.copyFromUtf8("v"))
              .build();

      // When
      refused(() -> nobody.put(put));
      kv.scan(ScanRequest.newBuilder().setCollection("c").setPartitionKey("p").build())
          .forEachRemaining(response -> {});
      refused(() -> kv.put(put.toBuilder().setIdempotencyKey("once").build())); // by the plugin
      kv.put(put);
      kv.put(put);

      // Then
      double count = sample(page, "prism_reply_seconds_count");
      while (count < 3) { // an answer counts when its write has returned: its client may be faster
        count = sample(page, "prism_reply_seconds_count");
      }
      assertThat(count).isEqualTo(3);
      assertThat(sample(page, "prism_reply_seconds_sum")).isBetween(1e-6, 60.0);
    }
  }

  private static void refused(Runnable call) {
    Assertions.assertThatThrownBy(call::run).isInstanceOf(StatusRuntimeException.class);
  }

  private static double sample(MetricsPage page, String series) {
    return page.text()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow();
  }
}
