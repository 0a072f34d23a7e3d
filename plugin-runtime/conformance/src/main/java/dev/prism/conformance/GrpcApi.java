package dev.prism.conformance;

import com.google.rpc.Status;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchDeleteResponse;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchGetResponse;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.BatchPutResponse;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.CompareAndSwapResponse;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.DeleteResponse;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.ExistsResponse;
import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.ExpireResponse;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PersistResponse;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** KeyValueService over gRPC: what a client of a running proxy sees. */
public final class GrpcApi implements KeyValueApi {
  private static final long CALL_SECONDS = 30;

  private final Supplier<Channel> channel;

  /**
   * Calls over the channel that {@code channel} gives at the time of the call; it adds the session
   * (an interceptor that sets metadata {@code prism-session}).
   */
  public GrpcApi(Supplier<Channel> channel) {
    this.channel = channel;
  }

  @Override
  public GetResponse get(GetRequest request) {
    return call(stub -> stub.get(request));
  }

  @Override
  public PutResponse put(PutRequest request) {
    return call(stub -> stub.put(request));
  }

  @Override
  public DeleteResponse delete(DeleteRequest request) {
    return call(stub -> stub.delete(request));
  }

  @Override
  public ExistsResponse exists(ExistsRequest request) {
    return call(stub -> stub.exists(request));
  }

  @Override
  public Iterator<ScanResponse> scan(ScanRequest request) {
    Iterator<ScanResponse> messages = call(stub -> stub.scan(request));
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        try {
          return messages.hasNext();
        } catch (StatusRuntimeException e) {
          throw failure(e);
        }
      }

      @Override
      public ScanResponse next() {
        try {
          return messages.next();
        } catch (StatusRuntimeException e) {
          throw failure(e);
        }
      }
    };
  }

  @Override
  public BatchGetResponse batchGet(BatchGetRequest request) {
    return call(stub -> stub.batchGet(request));
  }

  @Override
  public BatchPutResponse batchPut(BatchPutRequest request) {
    return call(stub -> stub.batchPut(request));
  }

  @Override
  public BatchDeleteResponse batchDelete(BatchDeleteRequest request) {
    return call(stub -> stub.batchDelete(request));
  }

  @Override
  public CompareAndSwapResponse compareAndSwap(CompareAndSwapRequest request) {
    return call(stub -> stub.compareAndSwap(request));
  }

  @Override
  public ExpireResponse expire(ExpireRequest request) {
    return call(stub -> stub.expire(request));
  }

  @Override
  public PersistResponse persist(PersistRequest request) {
    return call(stub -> stub.persist(request));
  }

  private <T> T call(Function<KeyValueServiceGrpc.KeyValueServiceBlockingStub, T> method) {
    try {
      return method.apply(
          KeyValueServiceGrpc.newBlockingStub(channel.get())
              .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS));
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  private static CallFailedException failure(StatusRuntimeException e) {
    Status status = StatusProto.fromThrowable(e);
    if (status == null) {
      throw e;
    }
    return new CallFailedException(status);
  }
}
