package dev.prism.conformance;

import com.google.protobuf.Message;
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
import io.grpc.MethodDescriptor;
import java.util.Iterator;

/**
 * KeyValueService as the suite calls it: over a link ({@link LinkApi}) or over gRPC ({@link
 * GrpcApi}). Every method throws {@link CallFailedException} where the service answers a status.
 * Safe for any number of threads.
 */
public abstract sealed class KeyValueApi permits LinkApi, GrpcApi {
  public final GetResponse get(GetRequest request) {
    return call(KeyValueServiceGrpc.getGetMethod(), request);
  }

  public final PutResponse put(PutRequest request) {
    return call(KeyValueServiceGrpc.getPutMethod(), request);
  }

  public final DeleteResponse delete(DeleteRequest request) {
    return call(KeyValueServiceGrpc.getDeleteMethod(), request);
  }

  public final ExistsResponse exists(ExistsRequest request) {
    return call(KeyValueServiceGrpc.getExistsMethod(), request);
  }

  /** The messages as they come; {@code hasNext} and {@code next} throw what ends the stream. */
  public final Iterator<ScanResponse> scan(ScanRequest request) {
    return stream(KeyValueServiceGrpc.getScanMethod(), request);
  }

  public final BatchGetResponse batchGet(BatchGetRequest request) {
    return call(KeyValueServiceGrpc.getBatchGetMethod(), request);
  }

  public final BatchPutResponse batchPut(BatchPutRequest request) {
    return call(KeyValueServiceGrpc.getBatchPutMethod(), request);
  }

  public final BatchDeleteResponse batchDelete(BatchDeleteRequest request) {
    return call(KeyValueServiceGrpc.getBatchDeleteMethod(), request);
  }

  public final CompareAndSwapResponse compareAndSwap(CompareAndSwapRequest request) {
    return call(KeyValueServiceGrpc.getCompareAndSwapMethod(), request);
  }

  public final ExpireResponse expire(ExpireRequest request) {
    return call(KeyValueServiceGrpc.getExpireMethod(), request);
  }

  public final PersistResponse persist(PersistRequest request) {
    return call(KeyValueServiceGrpc.getPersistMethod(), request);
  }

  abstract <Q extends Message, R> R call(MethodDescriptor<Q, R> method, Q request);

  abstract <Q extends Message, R> Iterator<R> stream(MethodDescriptor<Q, R> method, Q request);
}
