package dev.prism.conformance;

import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.AcknowledgeMailboxResponse;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.transact.v1.WriteResponse;

/** TransactService as the suite calls it. */
public final class TransactApi {
  private final ServiceApi service;

  public TransactApi(ServiceApi service) {
    this.service = service;
  }

  public WriteResponse write(WriteRequest request) {
    return service.call(TransactServiceGrpc.getWriteMethod(), request);
  }

  public Duplex<TransactionRequest, TransactionResponse> transaction(TransactionRequest first) {
    return service.open(TransactServiceGrpc.getTransactionMethod(), first);
  }

  /** An open mailbox; its requests are none. */
  public Duplex<ReadMailboxRequest, ReadMailboxResponse> readMailbox(ReadMailboxRequest request) {
    return service.stream(TransactServiceGrpc.getReadMailboxMethod(), request);
  }

  public AcknowledgeMailboxResponse acknowledge(AcknowledgeMailboxRequest request) {
    return service.call(TransactServiceGrpc.getAcknowledgeMailboxMethod(), request);
  }
}
