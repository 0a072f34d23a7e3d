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
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PersistResponse;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import java.util.Iterator;

/**
 * KeyValueService as the suite calls it: over a link ({@link LinkApi}) or over gRPC ({@link
 * GrpcApi}). Every method throws {@link CallFailedException} where the service answers a status.
 * Safe for any number of threads.
 */
public interface KeyValueApi {
  GetResponse get(GetRequest request);

  PutResponse put(PutRequest request);

  DeleteResponse delete(DeleteRequest request);

  ExistsResponse exists(ExistsRequest request);

  /** The messages as they come; {@code hasNext} and {@code next} throw what ends the stream. */
  Iterator<ScanResponse> scan(ScanRequest request);

  BatchGetResponse batchGet(BatchGetRequest request);

  BatchPutResponse batchPut(BatchPutRequest request);

  BatchDeleteResponse batchDelete(BatchDeleteRequest request);

  CompareAndSwapResponse compareAndSwap(CompareAndSwapRequest request);

  ExpireResponse expire(ExpireRequest request);

  PersistResponse persist(PersistRequest request);
}
