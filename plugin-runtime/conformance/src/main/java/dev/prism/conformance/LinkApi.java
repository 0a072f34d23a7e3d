package dev.prism.conformance;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.rpc.Code;
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
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PersistResponse;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.options.MethodInfo;
import dev.prism.options.Options;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** KeyValueService over a link, with no proxy in between: what the SDK's runtime answers. */
public final class LinkApi implements KeyValueApi {
  private static final long CALL_SECONDS = 30;

  private final Supplier<Link> link;
  private final String namespace;

  /**
   * Calls in one namespace over the link that {@code link} gives at the time of the call (a restart
   * makes a new one).
   */
  public LinkApi(Supplier<Link> link, String namespace) {
    this.link = link;
    this.namespace = namespace;
  }

  @Override
  public GetResponse get(GetRequest request) {
    return call("Get", request, GetResponse.parser());
  }

  @Override
  public PutResponse put(PutRequest request) {
    return call("Put", request, PutResponse.parser());
  }

  @Override
  public DeleteResponse delete(DeleteRequest request) {
    return call("Delete", request, DeleteResponse.parser());
  }

  @Override
  public ExistsResponse exists(ExistsRequest request) {
    return call("Exists", request, ExistsResponse.parser());
  }

  @Override
  public Iterator<ScanResponse> scan(ScanRequest request) {
    try {
      return new Messages(link.get().open(header("Scan"), request.toByteArray()));
    } catch (LinkException e) {
      throw failure(e);
    }
  }

  @Override
  public BatchGetResponse batchGet(BatchGetRequest request) {
    return call("BatchGet", request, BatchGetResponse.parser());
  }

  @Override
  public BatchPutResponse batchPut(BatchPutRequest request) {
    return call("BatchPut", request, BatchPutResponse.parser());
  }

  @Override
  public BatchDeleteResponse batchDelete(BatchDeleteRequest request) {
    return call("BatchDelete", request, BatchDeleteResponse.parser());
  }

  @Override
  public CompareAndSwapResponse compareAndSwap(CompareAndSwapRequest request) {
    return call("CompareAndSwap", request, CompareAndSwapResponse.parser());
  }

  @Override
  public ExpireResponse expire(ExpireRequest request) {
    return call("Expire", request, ExpireResponse.parser());
  }

  @Override
  public PersistResponse persist(PersistRequest request) {
    return call("Persist", request, PersistResponse.parser());
  }

  private <T> T call(String method, Message request, Parser<T> response) {
    try {
      return parse(response, link.get().call(header(method), request.toByteArray()));
    } catch (LinkException e) {
      throw failure(e);
    }
  }

  private CallHeader header(String method) {
    MethodInfo info =
        Keyvalue.getDescriptor()
            .findServiceByName("KeyValueService")
            .findMethodByName(method)
            .getOptions()
            .getExtension(Options.method);
    long now = System.nanoTime();
    return new CallHeader(
        info.getOperation(),
        namespace,
        ConsistencyLevel.CONSISTENCY_LEVEL_STRONG_VALUE,
        0,
        now + TimeUnit.SECONDS.toNanos(CALL_SECONDS),
        now,
        "conformance",
        null);
  }

  private static <T> T parse(Parser<T> parser, byte[] bytes) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the plugin's answer is not the method's response", e);
    }
  }

  private static CallFailedException failure(LinkException e) {
    Status status = e.status();
    return new CallFailedException(
        status != null
            ? status
            : Status.newBuilder()
                .setCode(Code.UNAVAILABLE_VALUE)
                .setMessage(e.kind() + ": " + e.getMessage())
                .build());
  }

  private static final class Messages implements Iterator<ScanResponse> {
    private final Exchange exchange;
    private @Nullable ScanResponse next;
    private boolean ended;

    Messages(Exchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public boolean hasNext() {
      if (next == null && !ended) {
        try {
          byte[] bytes = exchange.receive();
          ended = bytes == null;
          if (bytes != null) {
            next = parse(ScanResponse.parser(), bytes);
          }
        } catch (LinkException e) {
          ended = true;
          throw failure(e);
        }
        if (ended) {
          exchange.close();
        }
      }
      return next != null;
    }

    @Override
    public ScanResponse next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ScanResponse taken = next;
      next = null;
      if (taken == null) {
        throw new NoSuchElementException();
      }
      return taken;
    }
  }
}
