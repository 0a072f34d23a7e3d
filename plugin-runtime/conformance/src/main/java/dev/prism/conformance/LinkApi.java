package dev.prism.conformance;

import com.google.protobuf.Message;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.options.Options;
import dev.prism.type.v1.ConsistencyLevel;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.ByteArrayInputStream;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A plugin's services over a link, with no proxy in between: what the SDK's runtime answers. */
public final class LinkApi implements ServiceApi {
  private static final long CALL_SECONDS = 30;

  private final Supplier<Link> link;
  private final String namespace;
  private final long session;

  /**
   * Calls in one namespace over the link that {@code link} gives at the time of the call (a restart
   * makes a new one).
   */
  public LinkApi(Supplier<Link> link, String namespace) {
    this(link, namespace, 0);
  }

  /** As {@link #LinkApi(Supplier, String)}, in a session. */
  public LinkApi(Supplier<Link> link, String namespace, long session) {
    this.link = link;
    this.namespace = namespace;
    this.session = session;
  }

  /** The same plugin, in another namespace. */
  LinkApi in(String other) {
    return new LinkApi(link, other, session);
  }

  @Override
  public <Q extends Message, R> R call(MethodDescriptor<Q, R> method, Q request) {
    try {
      return parse(method, link.get().call(header(method), request.toByteArray()));
    } catch (LinkException e) {
      throw failure(e);
    }
  }

  @Override
  public <Q extends Message, R> Duplex<Q, R> stream(MethodDescriptor<Q, R> method, Q request) {
    try {
      Messages<Q, R> messages =
          new Messages<>(method, link.get().open(header(method), request.toByteArray()));
      messages.halfClose();
      return messages;
    } catch (LinkException e) {
      throw failure(e);
    }
  }

  @Override
  public <Q extends Message, R> Duplex<Q, R> open(MethodDescriptor<Q, R> method, Q first) {
    try {
      return new Messages<>(method, link.get().open(header(method), first.toByteArray()));
    } catch (LinkException e) {
      throw failure(e);
    }
  }

  private CallHeader header(MethodDescriptor<?, ?> method) {
    var schema =
        (ProtoMethodDescriptorSupplier) Objects.requireNonNull(method.getSchemaDescriptor());
    long now = System.nanoTime();
    return new CallHeader(
        schema.getMethodDescriptor().getOptions().getExtension(Options.method).getOperation(),
        namespace,
        session,
        ConsistencyLevel.CONSISTENCY_LEVEL_STRONG_VALUE,
        0,
        now + TimeUnit.SECONDS.toNanos(CALL_SECONDS),
        now,
        "conformance",
        null);
  }

  private static <R> R parse(MethodDescriptor<?, R> method, byte[] bytes) {
    return method.parseResponse(new ByteArrayInputStream(bytes));
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

  private static final class Messages<Q extends Message, R> implements Duplex<Q, R> {
    private final MethodDescriptor<Q, R> method;
    private final Exchange exchange;
    private @Nullable R next;
    private boolean ended;

    Messages(MethodDescriptor<Q, R> method, Exchange exchange) {
      this.method = method;
      this.exchange = exchange;
    }

    @Override
    public void send(Q request) {
      try {
        exchange.send(request.toByteArray());
      } catch (LinkException e) {
        throw failure(e);
      }
    }

    @Override
    public void halfClose() {
      try {
        exchange.halfClose();
      } catch (LinkException e) {
        throw failure(e);
      }
    }

    @Override
    public void close() {
      exchange.close();
    }

    @Override
    public boolean hasNext() {
      if (next == null && !ended) {
        try {
          byte[] bytes = exchange.receive();
          ended = bytes == null;
          if (bytes != null) {
            next = parse(method, bytes);
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
    public R next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      R taken = next;
      next = null;
      if (taken == null) {
        throw new NoSuchElementException();
      }
      return taken;
    }
  }
}
