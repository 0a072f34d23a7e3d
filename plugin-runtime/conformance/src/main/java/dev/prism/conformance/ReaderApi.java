package dev.prism.conformance;

import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.CountResponse;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.QueryResponse;
import dev.prism.reader.v1.ReadRequest;
import dev.prism.reader.v1.ReadResponse;
import dev.prism.reader.v1.ReaderServiceGrpc;

/** ReaderService as the suite calls it. */
public final class ReaderApi {
  private final ServiceApi service;

  public ReaderApi(ServiceApi service) {
    this.service = service;
  }

  /** The pages as they come; {@code hasNext} and {@code next} throw what ends the stream. */
  public ServiceApi.Duplex<ReadRequest, ReadResponse> read(ReadRequest request) {
    return service.stream(ReaderServiceGrpc.getReadMethod(), request);
  }

  /** As {@link #read}. */
  public ServiceApi.Duplex<QueryRequest, QueryResponse> query(QueryRequest request) {
    return service.stream(ReaderServiceGrpc.getQueryMethod(), request);
  }

  public CountResponse count(CountRequest request) {
    return service.call(ReaderServiceGrpc.getCountMethod(), request);
  }

  public GetResponse get(GetRequest request) {
    return service.call(ReaderServiceGrpc.getGetMethod(), request);
  }
}
