package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * The driver, and how requests fail. Nothing is sent before it is needed; DynamoDB may not be
 * there. Neither the driver nor the JDK sends anything twice by itself: a conditional write that
 * had taken effect would fail the second time. Any thread.
 */
final class Dynamo implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dynamo.class);

  /** DynamoDB answers within milliseconds; what takes longer than this has been lost. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration PROBE = Duration.ofSeconds(1);

  /** A read whose answer was lost is made again so often. */
  private static final int LOST_READS = 2;

  private static final long THROTTLED_LOG_NANOS = TimeUnit.MINUTES.toNanos(1);

  static {
    // Read once, by the first connection of the process. By default five idle ones are kept.
    System.setProperty("http.maxConnections", "64");
  }

  private final DynamoDbClient client;
  private final DynamoDbClient probe;
  private final @Nullable DefaultCredentialsProvider chain;
  private final AtomicLong throttledNanos = new AtomicLong(System.nanoTime() - THROTTLED_LOG_NANOS);
  private volatile String lastFailure = "";

  Dynamo(DynamoSettings settings) {
    AwsCredentials given = settings.credentials().orElse(null);
    this.chain = given == null ? DefaultCredentialsProvider.builder().build() : null;
    AwsCredentialsProvider credentials =
        chain == null ? StaticCredentialsProvider.create(given) : () -> found(chain);
    this.client = client(settings, credentials, CONNECT, ANSWER);
    this.probe = client(settings, credentials, PROBE, PROBE);
  }

  private static AwsCredentials found(DefaultCredentialsProvider chain) {
    try {
      return chain.resolveCredentials();
    } catch (SdkException e) {
      throw SdkClientException.create("no credentials", new NoCredentialsException(e));
    }
  }

  private static DynamoDbClient client(
      DynamoSettings settings,
      AwsCredentialsProvider credentials,
      Duration connect,
      Duration answer) {
    var builder =
        DynamoDbClient.builder()
            .region(settings.region())
            .credentialsProvider(credentials)
            .httpClientBuilder(
                UrlConnectionHttpClient.builder().connectionTimeout(connect).socketTimeout(answer))
            .overrideConfiguration(
                override -> override.retryStrategy(AwsRetryStrategy.doNotRetry()));
    settings.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /**
   * Makes a request once.
   *
   * @throws SdkException which {@link Failure#of} explains
   */
  <T> T once(Function<DynamoDbClient, T> request) {
    return once(client, request);
  }

  private <T> T once(DynamoDbClient by, Function<DynamoDbClient, T> request) {
    try {
      T answer = request.apply(by);
      answers();
      return answer;
    } catch (SdkException e) {
      failed(e);
      throw e;
    }
  }

  /**
   * Makes a request that does no harm if it is made twice, and again while DynamoDB throttles it.
   *
   * @throws PrismException OVERLOADED, BACKEND_UNAVAILABLE
   */
  <T> T read(Deadline deadline, Function<DynamoDbClient, T> request) {
    for (int attempt = 0; ; attempt++) {
      try {
        return once(client, request);
      } catch (SdkException e) {
        Failure failure = Failure.of(e);
        boolean again =
            failure == Failure.THROTTLED
                || failure == Failure.CONFLICT
                || (failure == Failure.LOST && attempt < LOST_READS);
        if (!again || !deadline.pause(attempt)) {
          throw failure.ofRead();
        }
      }
    }
  }

  /**
   * Asks for a sign of life, and waits for a second.
   *
   * @return false where DynamoDB answers and has no such table
   * @throws PrismException BACKEND_UNAVAILABLE
   */
  boolean probe(Function<DynamoDbClient, ?> request) {
    try {
      once(probe, request);
      return true;
    } catch (ResourceNotFoundException e) {
      return false;
    } catch (SdkException e) {
      throw Failure.of(e).ofRead();
    }
  }

  private void answers() {
    if (!lastFailure.isEmpty()) {
      lastFailure = "";
      LOG.info("DynamoDB answers again");
    }
  }

  private void failed(SdkException e) {
    switch (Failure.of(e)) {
      case CONDITION, CONFLICT, MISSING -> {} // part of ordinary traffic
      case THROTTLED -> {
        long now = System.nanoTime();
        long last = throttledNanos.get();
        if (now - last > THROTTLED_LOG_NANOS && throttledNanos.compareAndSet(last, now)) {
          LOG.warn("DynamoDB throttles requests: {}", Failure.forLog(e));
        }
      }
      case UNREACHABLE, DENIED, INVALID, LOST -> {
        String text = Failure.forLog(e);
        if (!text.equals(lastFailure)) { // not with every call
          lastFailure = text;
          LOG.warn("a request failed: {}", text);
        }
      }
    }
  }

  @Override
  public void close() {
    client.close();
    probe.close();
    if (chain != null) {
      chain.close();
    }
  }
}
