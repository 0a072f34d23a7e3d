package dev.prism.conformance;

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
import java.util.Iterator;

/** KeyValueService as the suite calls it. */
public final class KeyValueApi {
  private final ServiceApi service;

  public KeyValueApi(ServiceApi service) {
    this.service = service;
  }

  public GetResponse get(GetRequest request) {
    return service.call(KeyValueServiceGrpc.getGetMethod(), request);
  }

  public PutResponse put(PutRequest request) {
    return service.call(KeyValueServiceGrpc.getPutMethod(), request);
  }

  public DeleteResponse delete(DeleteRequest request) {
    return service.call(KeyValueServiceGrpc.getDeleteMethod(), request);
  }

  public ExistsResponse exists(ExistsRequest request) {
    return service.call(KeyValueServiceGrpc.getExistsMethod(), request);
  }

  /** The messages as they come; {@code hasNext} and {@code next} throw what ends the stream. */
  public Iterator<ScanResponse> scan(ScanRequest request) {
    return service.stream(KeyValueServiceGrpc.getScanMethod(), request);
  }

  public BatchGetResponse batchGet(BatchGetRequest request) {
    return service.call(KeyValueServiceGrpc.getBatchGetMethod(), request);
  }

  public BatchPutResponse batchPut(BatchPutRequest request) {
    return service.call(KeyValueServiceGrpc.getBatchPutMethod(), request);
  }

  public BatchDeleteResponse batchDelete(BatchDeleteRequest request) {
    return service.call(KeyValueServiceGrpc.getBatchDeleteMethod(), request);
  }

  public CompareAndSwapResponse compareAndSwap(CompareAndSwapRequest request) {
    return service.call(KeyValueServiceGrpc.getCompareAndSwapMethod(), request);
  }

  public ExpireResponse expire(ExpireRequest request) {
    return service.call(KeyValueServiceGrpc.getExpireMethod(), request);
  }

  public PersistResponse persist(PersistRequest request) {
    return service.call(KeyValueServiceGrpc.getPersistMethod(), request);
  }
}
